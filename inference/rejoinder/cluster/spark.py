"""Labelling Spark DataFrames (extra `spark`; Spark needs Java)."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Unpack

from rejoinder.cluster.batches import BatchLabeller, LabelOptions
from rejoinder.errors import InputError, MissingExtraError
from rejoinder.files.json_lines import wrong_byte
from rejoinder.files.tables import BadRow, Row

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def label_dataframe(
    df: "DataFrame",
    *,
    threads: int = 1,
    **options: Unpack[LabelOptions],
) -> "DataFrame":
    """Add the columns that `rejoinder label` adds to Parquet; rows are labelled when the DataFrame is consumed.

    Options: `model` and `engine` as for `StatementClassifier.from_pretrained`; `columns`, `prefix`, `thresholds` and
    `min_score` as for `label_file`; `prior` as for `StatementClassifier.with_prior`. Each Python worker loads the model
    once and uses `threads` threads, which should equal `spark.task.cpus`. Spark sets the batch size
    (`spark.sql.execution.arrow.maxRecordsPerBatch`).

    Raises:
        InputError: If a column is missing, not text, or already exists under an added name, or an option is invalid.
        ModelError, MissingExtraError: As for `StatementClassifier.from_pretrained`, or if pyspark is not installed.
    """
    try:
        import pandas
        from pyspark.sql import functions, types
    except ImportError as error:
        raise MissingExtraError("rejoinder.cluster.spark", "spark") from error
    folded = [name.casefold() for name in df.columns]  # Spark's column names are case-insensitive
    repeated = sorted({name for name in df.columns if folded.count(name.casefold()) > 1})
    if repeated:
        raise InputError(f"the DataFrame: two columns have the same name: {', '.join(repeated)}")
    texts = (types.StringType, types.CharType, types.VarcharType, types.NullType)
    column_types = {
        field.name: None if isinstance(field.dataType, texts) else field.dataType.simpleString() for field in df.schema
    }
    labeller = BatchLabeller.of("the DataFrame", column_types, threads=threads, **options)
    if existing := [name for name in labeller.added() if name.casefold() in folded]:  # in any case
        raise InputError(f"the DataFrame: has columns {', '.join(existing)} already; choose another prefix")
    kinds = {str: types.StringType(), float: types.DoubleType(), bool: types.BooleanType()}
    schema = types.StructType([types.StructField(name, kinds[kind]) for name, kind in labeller.added().items()])

    def label(batches: Iterator[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
        for batch in batches:
            values = batch.astype(object).where(batch.notna(), None).to_numpy().tolist()
            rows = [_decoded(dict(zip(batch.columns, row, strict=True))) for row in values]
            yield pandas.DataFrame(labeller.label(rows), columns=[*labeller.added()], dtype=object)

    # Spark infers the kind of pandas UDF from the annotations, but cannot resolve `pandas`, which is imported here.
    label.__annotations__ = {"batches": Iterator[pandas.DataFrame], "return": Iterator[pandas.DataFrame]}
    # Otherwise Spark would push a filter on a label below the UDF and label every row twice.
    label_udf = functions.pandas_udf(label, returnType=schema).asNondeterministic()
    quoted = {name: "`" + name.replace("`", "``") + "`" for name in df.columns}
    # As bytes, since pandas would fail on text that is not UTF-8, and with it the whole job.
    needed = functions.struct(
        *(
            functions.col(quoted[name]).cast("binary").alias(name)
            if isinstance(df.schema[name].dataType, texts)
            else functions.col(quoted[name])
            for name in labeller.needed(df.columns)
        )
    )
    temporary = next(name for i in count() if (name := f"_rejoinder{i or ''}") not in folded)
    return df.withColumn(temporary, label_udf(needed)).select(*quoted.values(), f"{temporary}.*")


def _decoded(row: Row) -> Row | BadRow:
    """Return a row with its bytes as text, or a BadRow if some are not UTF-8."""
    text = {
        name: bytes(value).decode("utf8", "surrogateescape") if isinstance(value, bytes | bytearray) else value
        for name, value in row.items()
    }
    for name, value in text.items():
        if isinstance(value, str) and (byte := wrong_byte(value)):
            return BadRow(f"{name}: not UTF-8 ({byte})", row)
    return text
