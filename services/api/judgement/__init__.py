"""What the lists of judged units share: the period asked for, what units measured in it, and the rows used."""
