"""Labelling Ray datasets (extra `ray`)."""

from typing import TYPE_CHECKING, Any, Unpack

from rejoinder.classifier import WINDOW
from rejoinder.cluster.batches import BatchLabeller, LabelOptions
from rejoinder.errors import MissingExtraError
from rejoinder.files.parquet_reading import parquet_rows
from rejoinder.files.parquet_types import may_be_text

if TYPE_CHECKING:
    import pyarrow
    from ray.data import Dataset


def label_dataset(
    ds: "Dataset",
    *,
    batch_size: int = WINDOW,
    num_cpus: int = 1,
    concurrency: int | tuple[int, int] | None = None,
    **options: Unpack[LabelOptions],
) -> "Dataset":
    """Add the columns that `rejoinder label` adds to Parquet; rows are labelled when the dataset is consumed.

    Options: `model` and `engine` as for `StatementClassifier.from_pretrained`; `columns`, `prefix`, `thresholds` and
    `min_score` as for `label_file`; `prior` as for `StatementClassifier.with_prior`. Each worker loads the model once
    and uses `num_cpus` threads; `concurrency` is the number of workers, or their minimum and maximum (default: as many
    as the cluster has room for).

    Raises:
        InputError: If a column is missing, not text, or already exists under an added name, or an option is invalid.
        ModelError, MissingExtraError: As for `StatementClassifier.from_pretrained`, or if ray is not installed.
    """
    try:
        import pyarrow
        from ray.data import ActorPoolStrategy
    except ImportError as error:
        raise MissingExtraError("rejoinder.cluster.ray", "ray") from error
    schema = ds.schema()
    kinds = dict(zip(schema.names, schema.types, strict=True)) if schema else {}
    column_types = {
        name: str(kind) if isinstance(kind, pyarrow.DataType) and not may_be_text(kind) else None
        for name, kind in kinds.items()
    }
    labeller = BatchLabeller.of("the dataset", column_types, threads=num_cpus, **options)
    least, most = concurrency if isinstance(concurrency, tuple) else (concurrency or 1, concurrency)
    return ds.map_batches(
        _Worker,
        fn_constructor_args=(labeller,),
        batch_format="pyarrow",
        batch_size=batch_size,
        num_cpus=num_cpus,
        compute=ActorPoolStrategy(min_size=least, max_size=most),
    )


class _Worker:
    """An actor in its own process, which keeps the model loaded."""

    def __init__(self, labeller: BatchLabeller) -> None:
        self._labeller = labeller
        labeller.label([])  # loads the model

    def __call__(self, table: "pyarrow.Table") -> "pyarrow.Table":
        import pyarrow

        types: dict[Any, pyarrow.DataType] = {
            str: pyarrow.string(),
            float: pyarrow.float64(),
            bool: pyarrow.bool_(),
        }
        present = table.column_names  # blocks of one dataset may differ
        kinds = self._labeller.added(present)
        added = self._labeller.label(parquet_rows(table.select(self._labeller.needed(present))))
        for name, kind in kinds.items():
            table = table.append_column(name, pyarrow.array(added[name], types[kind]))
        return table
