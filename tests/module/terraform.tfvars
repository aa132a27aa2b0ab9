# What each test in Terraform's own language gets that says nothing else.

prefix    = "nightly"
layer_dir = "./tests/module/code/dependencies"
