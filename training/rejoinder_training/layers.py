"""Cuts a model down to some of its layers."""

from collections.abc import Sequence

from torch import nn
from transformers import PreTrainedModel

from rejoinder.errors import InputError


def keep_layers(model: PreTrainedModel, layers: Sequence[int]) -> None:
    """Leave of the encoder's layers those whose numbers, counted from 0, are in `layers`, in that order.

    Every second layer of a teacher is where DistilBERT's student starts from (Sanh et al. 2019).

    Raises:
        InputError: no such layer, a layer twice, or a model that cannot be cut.
    """
    count = model.config.num_hidden_layers
    wrong = sorted({layer for layer in layers if not 0 <= layer < count or list(layers).count(layer) > 1})
    if wrong:
        raise InputError(f"keep_layers: {wrong} named twice or not among the layers 0 to {count - 1} of the base model")
    stacks = [
        (module, name)
        for module in model.base_model.modules()
        for name, child in module.named_children()
        if isinstance(child, nn.ModuleList) and len(child) == count
    ]
    # Configurations with a list for each layer (ModernBERT's kinds of attention) would have to be cut with it.
    if len(stacks) != 1 or getattr(model.config, "layer_types", None):
        raise InputError(f"keep_layers: cannot cut a model of the type {model.config.model_type}")
    [(module, name)] = stacks
    whole = getattr(module, name)
    setattr(module, name, nn.ModuleList(whole[layer] for layer in layers))
    model.config.num_hidden_layers = len(layers)
