"""こもれび健康ノート: a fictional company's private PHR app, the far end of the road.

It stands for the apps that developers will write, so it knows the portal by its public HTTP
alone and imports no other room of this project. `python -m mynaportal_sim.sample_app` runs it.
"""
