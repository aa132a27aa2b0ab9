# What each test gets that says nothing else.

aws = {
  account    = "123456789012"
  region     = "eu-west-1"
  partition  = "aws"
  dns_suffix = "amazonaws.com"
}
prefix                = "nightly"
workers               = { default = { fifo = false, visibility_timeout = 360, max_receive_count = 13 } }
message_retention     = 345600
receive_wait_time     = 20
dead_letter_retention = 1209600
kms_key_arn           = null
tags                  = { team = "data" }
