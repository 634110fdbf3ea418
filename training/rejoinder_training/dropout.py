"""Dropout that draws eight elements of its mask at a time."""

import torch
from torch import nn

_LEVELS = 256


class ByteDropout(nn.Dropout):
    """Dropout from random bytes, with a probability rounded to a multiple of 1/256.

    On processors other than Intel's, torch draws a mask one number at a time on one thread, which takes a third of a
    training step of mpnet on two cores of an AMD EPYC. Here one 64-bit number gives eight bytes, and the step takes
    0.77 of the time (`python benchmarks/training_step.py`).
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return `input`, in training with random elements set to 0 and the rest scaled up."""
        dropped = round(self.p * _LEVELS)
        if not self.training or not dropped or input.device.type != "cpu":
            return super().forward(input)
        count = input.numel()
        words = torch.empty(-(-count // 8), dtype=torch.int64).random_(-(2**63), None)
        kept = words.view(torch.uint8)[:count].view(input.shape) >= dropped
        return input * kept.to(input.dtype).mul_(_LEVELS / (_LEVELS - dropped))


def set_dropout(model: nn.Module, p: float | None) -> None:
    """Replace every dropout layer of `model` with a `ByteDropout`, of probability `p` unless that is None.

    `p` also applies to the attention of ModernBERT, which stores its dropout as a number and, if that is 0, has an
    `nn.Identity` in place of the dropout layer.
    """
    for module in model.modules():
        if p is not None and isinstance(getattr(module, "attention_dropout", None), int | float):
            module.attention_dropout = p  # type: ignore[assignment]  # a number, which torch's stubs do not expect
        for name, layer in module.named_children():
            if isinstance(layer, nn.Dropout):
                setattr(module, name, ByteDropout(layer.p if p is None else p))
            elif p is not None and name == "out_drop" and isinstance(layer, nn.Identity):
                setattr(module, name, ByteDropout(p))
