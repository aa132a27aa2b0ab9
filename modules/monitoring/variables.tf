variable "aws" {
  description = "Account, region, partition and DNS suffix that everything is in."
  type        = object({ account = string, region = string, partition = string, dns_suffix = string })
  nullable    = false
}

variable "prefix" {
  description = "What the names of alarms, topic and queries begin with."
  type        = string
  nullable    = false
}

variable "queues" {
  description = "Names of the task queue (tasks) and of the two dead-letter queues."
  type = object({
    tasks              = object({ name = string })
    tasks_dead_letters = object({ name = string })
    runs_dead_letters  = object({ name = string })
  })
  nullable = false
}

variable "workers_dead_letters" {
  description = "The dead-letter queue of the workers that are not of the default one's kind; null where there are none. An object, because whether there is one must be known before its name is."
  type        = object({ name = string })
}

variable "message_retention" {
  description = "How long a task waits in the queue before SQS drops it, in seconds, 60 to 1209600 (14 days)."
  type        = number
  nullable    = false
}

variable "dead_letter_retention" {
  description = "How long a dead letter is kept, in seconds, 60 to 1209600 (14 days)."
  type        = number
  nullable    = false
}

variable "longest_wait" {
  description = "After how many seconds a task that waits is an alarm; null takes half of message_retention."
  type        = number

  validation {
    condition     = var.longest_wait == null ? true : var.longest_wait < var.message_retention
    error_message = "monitoring.longest_wait is ${coalesce(var.longest_wait, 0)}, but SQS drops tasks after ${var.message_retention} seconds (message_retention): it must be less."
  }
}

variable "functions" {
  description = "Name and log group's name of the functions, and the timeout in seconds of those where it is the user's choice."
  type = object({
    send_task = object({ name = string, timeout = number, log_group = string })
    run_task  = object({ name = string, timeout = number, log_group = string })
    keep_runs = object({ name = string, log_group = string })
  })
  nullable = false
}

variable "workers" {
  description = "Workers beside the default one: by name, the names of their task queues and functions, and the functions' timeouts in seconds."
  type        = map(object({ queue = string, function = string, timeout = number }))
  nullable    = false
}

variable "schedule_group" {
  description = "Name of the schedule group."
  type        = string
  nullable    = false
}

variable "watched" {
  description = "Whether a schedule says how often it must run (expected_every) or when its runs must have ended (finish_within)."
  type        = bool
  nullable    = false
}

variable "chat" {
  description = "Whether results are sent to chat."
  type        = bool
  nullable    = false
}

variable "early_warnings" {
  description = "Whether there are alarms for errors, throttles, durations and runs that Lambda rejected, too, and, with chat, for notifications that could not be delivered."
  type        = bool
  nullable    = false
}

variable "queries" {
  description = "Whether queries of the logs are saved."
  type        = bool
  nullable    = false
}

variable "dashboard" {
  description = "Name of the dashboard; null makes none."
  type        = string
}

variable "topic" {
  description = "The SNS topic that alarms go to; null makes one. An object, because whether there is one must be known before its ARN is."
  type        = object({ arn = string })
}

variable "emails" {
  description = "Addresses that are subscribed to the topic made here."
  type        = set(string)
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer key that the topic is encrypted with; null leaves it to SNS."
  type        = string
}

variable "tags" {
  description = "Tags of alarms and topic."
  type        = map(string)
  nullable    = false
}
