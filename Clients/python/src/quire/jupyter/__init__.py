"""The Jupyter kernel: a cell of a Jupyter notebook is a cell of Quire.

``quire-jupyter install`` tells Jupyter of it. It stands on ipykernel, which JupyterLab brings along.
"""
