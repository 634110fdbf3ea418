"""Dropout whose masks are drawn eight at a time."""

import torch
from torch import nn

_LEVELS = 256


class ByteDropout(nn.Dropout):
    """Drops with a probability rounded to 1/256, from random bytes.

    On processors other than Intel's, torch draws a mask one number at a time on one thread: a third of a step of mpnet
    on two cores of an AMD EPYC. One 64-bit number gives eight bytes, and the step takes 0.77 of its time
    (`python benchmarks/training_step.py`).
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return `input` with elements set to 0 at random and the rest scaled up, in training; else as it is."""
        dropped = round(self.p * _LEVELS)
        if not self.training or not dropped or input.device.type != "cpu":
            return super().forward(input)
        count = input.numel()
        words = torch.empty(-(-count // 8), dtype=torch.int64).random_(-(2**63), None)
        kept = words.view(torch.uint8)[:count].view(input.shape) >= dropped
        return input * kept.to(input.dtype).mul_(_LEVELS / (_LEVELS - dropped))


def set_dropout(model: nn.Module, p: float | None) -> None:
    """Make every dropout layer of `model` a `ByteDropout`, with probability `p` where it is given.

    `p` holds also for the attention of ModernBERT, which keeps a number for it, and no layer where that is 0.
    """
    for module in model.modules():
        if p is not None and isinstance(getattr(module, "attention_dropout", None), int | float):
            module.attention_dropout = p  # type: ignore[assignment]  # a number, which torch's stubs do not expect
        for name, layer in module.named_children():
            if isinstance(layer, nn.Dropout):
                setattr(module, name, ByteDropout(layer.p if p is None else p))
            elif p is not None and name == "out_drop" and isinstance(layer, nn.Identity):
                setattr(module, name, ByteDropout(p))
