"""Dual control 能耗双控: intensity and total of an area over a plan, judged. Pure."""
