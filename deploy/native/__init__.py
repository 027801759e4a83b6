"""Installing Enermon on a machine: standard library only, run before anything of the project is installed."""
