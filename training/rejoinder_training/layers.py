"""Cuts a model down to some of its layers."""

from collections.abc import Sequence

from torch import nn
from transformers import PreTrainedModel

from rejoinder.errors import InputError


def keep_layers(model: PreTrainedModel, layers: Sequence[int]) -> None:
    """Keep only the given layers of the encoder, numbered from 0, in the given order.

    DistilBERT's student starts from every second layer of its teacher (Sanh et al. 2019).

    Raises:
        InputError: If there is no such layer, a layer is given twice, or the model cannot be cut.
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
    # A configuration that lists something per layer (ModernBERT's attention types) would have to be cut as well.
    if len(stacks) != 1 or getattr(model.config, "layer_types", None):
        raise InputError(f"keep_layers: cannot cut a model of the type {model.config.model_type}")
    [(module, name)] = stacks
    whole = getattr(module, name)
    setattr(module, name, nn.ModuleList(whole[layer] for layer in layers))
    model.config.num_hidden_layers = len(layers)
