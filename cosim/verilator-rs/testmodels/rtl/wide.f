# Relative to this list.
lane.sv
tap.sv
wide.sv
