"""Labelling a Ray dataset (extra `ray`)."""

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
    """Return the dataset with the columns that `rejoinder label` adds to Parquet; it is labelled when it is consumed.

    Options: `model` and `engine` as `StatementClassifier.from_pretrained`, `columns`, `prefix`, `thresholds` and
    `min_score` as `label_file`, `prior` as `StatementClassifier.with_prior` takes them. Each worker loads the model
    once and has `num_cpus` threads; `concurrency` is their number, or the least and the most of them (default: as many
    as the cluster has room for).

    Raises:
        InputError: a column that is missing or not text, a name that is taken, unusable options.
        ModelError, MissingExtraError: as `StatementClassifier.from_pretrained`; ray is not installed.
    """
    try:
        import pyarrow
        from ray.data import ActorPoolStrategy
    except ImportError as error:
        raise MissingExtraError("rejoinder.cluster.ray", "ray") from error
    schema = ds.schema()
    kinds = dict(zip(schema.names, schema.types, strict=True)) if schema else {}
    told = {
        name: str(kind) if isinstance(kind, pyarrow.DataType) and not may_be_text(kind) else None
        for name, kind in kinds.items()
    }
    labeller = BatchLabeller.of("the dataset", told, threads=num_cpus, **options)
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
    """Lives in a process of its own and keeps the model there."""

    def __init__(self, labeller: BatchLabeller) -> None:
        self._labeller = labeller
        labeller.label([])

    def __call__(self, table: "pyarrow.Table") -> "pyarrow.Table":
        import pyarrow

        types: dict[Any, pyarrow.DataType] = {
            str: pyarrow.string(),
            float: pyarrow.float64(),
            bool: pyarrow.bool_(),
        }
        there = table.column_names  # blocks of one dataset may differ
        kinds = self._labeller.added(there)
        added = self._labeller.label(parquet_rows(table.select(self._labeller.needed(there))))
        for name, kind in kinds.items():
            table = table.append_column(name, pyarrow.array(added[name], types[kind]))
        return table
