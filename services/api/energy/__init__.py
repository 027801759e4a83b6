"""Answers how much was used: by place, enterprise, unit or meter, over any range of quarter hours."""
