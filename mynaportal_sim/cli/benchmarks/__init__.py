"""What `mynasim bench` measures: `table` lists the rows, the other modules measure them."""
