"""Labelling a Spark DataFrame (extra `spark`; Spark needs Java)."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Unpack

from rejoinder.cluster.batches import BatchLabeller, LabelOptions
from rejoinder.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def label_dataframe(
    df: "DataFrame",
    *,
    threads: int = 1,
    **options: Unpack[LabelOptions],
) -> "DataFrame":
    """Return the DataFrame with the columns that `rejoinder label` adds to Parquet; it is labelled when it is consumed.

    Options: `model` and `engine` as `StatementClassifier.from_pretrained`, `columns`, `prefix`, `thresholds` and
    `min_score` as `label_file`, `prior` as `StatementClassifier.with_prior` takes them. Each Python worker loads the
    model once and has `threads` threads: as many as `spark.task.cpus`. The size of batches is Spark's
    (`spark.sql.execution.arrow.maxRecordsPerBatch`).

    Raises:
        InputError: a column that is missing or not text, a name that is taken, unusable options.
        ModelError, MissingExtraError: as `StatementClassifier.from_pretrained`; pyspark is not installed.
    """
    try:
        import pandas
        from pyspark.sql import functions, types
    except ImportError as error:
        raise MissingExtraError("rejoinder.cluster.spark", "spark") from error
    folded = [name.casefold() for name in df.columns]  # Spark takes A for a
    twice = sorted({name for name in df.columns if folded.count(name.casefold()) > 1})
    if twice:
        raise InputError(f"the DataFrame: two columns have the same name: {', '.join(twice)}")
    texts = (types.StringType, types.CharType, types.VarcharType, types.NullType)
    told = {
        field.name: None if isinstance(field.dataType, texts) else field.dataType.simpleString() for field in df.schema
    }
    labeller = BatchLabeller.of("the DataFrame", told, threads=threads, **options)
    if taken := [name for name in labeller.added() if name.casefold() in folded]:  # whatever the case
        raise InputError(f"the DataFrame: has columns {', '.join(taken)} already; choose another prefix")
    kinds = {str: types.StringType(), float: types.DoubleType(), bool: types.BooleanType()}
    schema = types.StructType([types.StructField(name, kinds[kind]) for name, kind in labeller.added().items()])

    def label(batches: Iterator[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
        for batch in batches:
            values = batch.astype(object).where(batch.notna(), None).to_numpy().tolist()
            rows = [dict(zip(batch.columns, row, strict=True)) for row in values]
            yield pandas.DataFrame(labeller.label(rows), columns=[*labeller.added()], dtype=object)

    # Spark reads from the types what a pandas UDF takes, and pandas is imported too late for it to find them.
    label.__annotations__ = {"batches": Iterator[pandas.DataFrame], "return": Iterator[pandas.DataFrame]}
    # Else a filter on a label would be pushed below it, and every row labelled twice.
    told = functions.pandas_udf(label, returnType=schema).asNondeterministic()
    quoted = {name: "`" + name.replace("`", "``") + "`" for name in df.columns}
    needed = functions.struct(*(functions.col(quoted[name]) for name in labeller.needed(df.columns)))
    made = next(name for i in count() if (name := f"_rejoinder{i or ''}") not in folded)
    return df.withColumn(made, told(needed)).select(*quoted.values(), f"{made}.*")
