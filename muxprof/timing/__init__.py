"""Clocks over a built module, and the devices they run on."""
