"""Designs: one module for each way of answering a claim about cause and effect."""
