"""What `./run bench` runs. Every figure stands beside a reference that is measured in the same run."""
