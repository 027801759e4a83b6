"""Whether what the settings name is there and answers: for `enermon check --settings`."""
