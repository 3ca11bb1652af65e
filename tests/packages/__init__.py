"""Bundle and packages, installed into roots that have never met this project."""
