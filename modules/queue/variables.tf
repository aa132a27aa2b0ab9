variable "aws" {
  description = "Account, region, partition and DNS suffix that everything is in."
  type        = object({ account = string, region = string, partition = string, dns_suffix = string })
  nullable    = false
}

variable "prefix" {
  description = "What the names of the queues begin with."
  type        = string
  nullable    = false
}

variable "workers" {
  description = <<-EOT
    The task queues, by worker, `default` among them, at most 10.

    - `fifo`: whether it, and so its dead-letter queue, is FIFO.
    - `visibility_timeout`: how long a received message stays hidden from other receivers, in seconds, 0 to 43200 (12 hours).
    - `max_receive_count`: how often a message may be received before SQS itself moves it to the dead-letter queue, 1 to 1000.
  EOT
  type        = map(object({ fifo = bool, visibility_timeout = number, max_receive_count = number }))
  nullable    = false
}

variable "message_retention" {
  description = "How long a message waits in the task queue before SQS drops it, in seconds, 60 to 1209600 (14 days)."
  type        = number
  nullable    = false
}

variable "receive_wait_time" {
  description = "How long a receive call waits for a message, in seconds, 0 to 20."
  type        = number
  nullable    = false
}

variable "dead_letter_retention" {
  description = "How long a dead letter is kept, in seconds, 60 to 1209600 (14 days). Counted from the message's first enqueueing, so it must be longer than message_retention."
  type        = number
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer key that the queues are encrypted with; null leaves it to SQS."
  type        = string
}

variable "tags" {
  description = "Tags of the queues."
  type        = map(string)
  nullable    = false
}
