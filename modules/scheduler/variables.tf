variable "aws" {
  description = "Account, region, partition and DNS suffix that everything is in."
  type        = object({ account = string, region = string, partition = string, dns_suffix = string })
  nullable    = false
}

variable "prefix" {
  description = "Name of the schedule group."
  type        = string
  nullable    = false
}

variable "timezone" {
  description = "IANA time zone of the schedules that name none."
  type        = string
  nullable    = false

  validation {
    condition     = lookup(local.timezones, var.timezone, false)
    error_message = "timezone \"${var.timezone}\" is not an IANA time zone: it must be a name such as \"Europe/Berlin\" or \"UTC\", with these capitals."
  }
}

variable "schedules" {
  description = "The schedules by name, with the fields of the root module's variable of the same name."
  type = map(object({
    expression              = optional(string)
    after                   = optional(list(string))
    after_any_outcome       = optional(bool, false)
    timezone                = optional(string)
    description             = optional(string)
    enabled                 = bool
    expected_every          = optional(number)
    finish_within           = optional(number)
    flexible_window_minutes = optional(number)
    start_date              = optional(string)
    end_date                = optional(string)
    delivery_retries        = number
    delivery_max_age        = number
    task                    = optional(string)
    args                    = optional(map(string))
    worker                  = optional(string)
    tasks                   = optional(list(string))
    tasks_file              = optional(string)
    tasks_s3_uri            = optional(string)
    tasks_source            = optional(string)
    retries                 = number
    max_age                 = optional(number)
    notify_on               = optional(set(string))
    notify_to               = optional(list(string))
    mention                 = optional(string)
    overlap                 = optional(string, "allow")
    heartbeat               = optional(string)
    pace                    = optional(string)
    skip_on                 = optional(list(string))
    only_on                 = optional(list(string))
  }))
  nullable = false
}

variable "workers" {
  description = "Names of the workers that schedules may name, default among them."
  type        = set(string)
  nullable    = false
}

variable "fifo_workers" {
  description = "Names of the workers whose queues are FIFO."
  type        = set(string)
  nullable    = false
}

variable "message_retention" {
  description = "How long SQS keeps a task, in seconds."
  type        = number
  nullable    = false
}

variable "notify_on" {
  description = "Notify events of schedules without notify_on of their own; null without a target of notifications."
  type        = set(string)
}

variable "task_code_dir" {
  description = "Folder that the schedules' tasks_file is relative to."
  type        = string
  nullable    = false
}

variable "send_task_arn" {
  description = "ARN of the function that the schedules invoke."
  type        = string
  nullable    = false
}

variable "keep_runs_arn" {
  description = "ARN of the function that looks after runs that are open or wait."
  type        = string
  nullable    = false
}

variable "dead_letter_queue_arn" {
  description = "ARN of the standard queue for runs that Scheduler could not deliver."
  type        = string
  nullable    = false
}

variable "roles" {
  description = "Name of the role (of scheduler), its IAM path, and the ARN of its permissions boundary; a null boundary sets none."
  type        = object({ names = map(string), path = string, permissions_boundary = string })
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer key that the schedules are, and the dead-letter queue may be, encrypted with; null leaves it to Scheduler."
  type        = string
}

variable "tags" {
  description = "Tags of the schedule groups and the role; schedules take none."
  type        = map(string)
  nullable    = false
}
