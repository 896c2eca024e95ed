"""`python -m mynaportal_sim` is the `mynasim` command."""

from mynaportal_sim.cli import main

if __name__ == "__main__":
    main()
