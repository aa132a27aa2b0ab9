# What each test gets that says nothing else.

prefix = "nightly"
tags   = { team = "data" }
