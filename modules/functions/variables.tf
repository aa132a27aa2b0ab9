variable "aws" {
  description = "Account, region, partition and DNS suffix that everything is in."
  type        = object({ account = string, region = string, partition = string, dns_suffix = string })
  nullable    = false
}

variable "prefix" {
  description = "What the names of functions and layers begin with."
  type        = string
  nullable    = false
}

variable "archives" {
  description = "Path that the archives' names are added to. It must not depend on a resource: archives would then be read only at apply."
  type        = string
  nullable    = false
}

variable "task_objects" {
  description = "The S3 objects that task lists come from, as s3://bucket/key."
  type        = list(string)
  nullable    = false
}

variable "ledger_table" {
  description = "Name of the table that runs are recorded in."
  type        = string
  nullable    = false
}

variable "ledger_retention" {
  description = "How long a run is kept in the ledger, in seconds."
  type        = number
  nullable    = false
}

variable "deduplication" {
  description = "Whether the ledger keeps the outcomes of messages, too, so that none has a second effect."
  type        = bool
  nullable    = false
}

variable "message_retention" {
  description = "How long a message may lie on the task queue, in seconds, 60 to 1209600 (14 days)."
  type        = number
  nullable    = false
}

variable "outcome_retention" {
  description = "How long the outcome of a message is remembered, in seconds: as long as the message may be sent again."
  type        = number
  nullable    = false
}

variable "task_code_dir" {
  description = "Folder of the user's task functions and task files: the code of the functions."
  type        = string
  nullable    = false
}

variable "runtime_dir" {
  description = "Folder whose python/ holds the runtime, task_scheduler."
  type        = string
  nullable    = false
}

variable "runtime_lock" {
  description = "The lock of the packages that the runtime needs: NAME==VERSION, a line each."
  type        = string
  nullable    = false
}

variable "layer_dir" {
  description = "Folder whose python/ holds the dependencies, as `make package-layer` builds it; null where they come otherwise."
  type        = string
}

variable "layer_zip" {
  description = "A zip file of the dependencies, as a release has it; null where they come otherwise."
  type        = string
}

variable "package_bucket" {
  description = "Bucket of this region that the packages go through; null hands them to Lambda as they are."
  type        = string
}

variable "runtime" {
  description = "Lambda runtime of the functions: python3.12, python3.13 or python3.14."
  type        = string
  nullable    = false
}

variable "architecture" {
  description = "Processor architecture of the functions: arm64 or x86_64."
  type        = string
  nullable    = false
}

variable "has_generators" {
  description = "Whether lists are made by generators: then send_task runs task code, too."
  type        = bool
  nullable    = false
}

variable "has_followers" {
  description = "Whether schedules run after others: then keep_runs reads what they run."
  type        = bool
  nullable    = false
}

variable "workers" {
  description = <<-EOT
    What runs tasks, by name. `default` is run_task; its layers and VPC are those of the other functions, too, and its environment and secrets those of generators.

    - `queue`: its task queue (tasks) and the dead-letter queue of that, each with name, ARN and URL; and the task queue's ARN, known once there is all that receiving from it needs.
    - `fifo`: whether that queue is FIFO.
    - `visibility_timeout`: how long a received message stays hidden, in seconds, the timeout to 43200 (12 hours).
    - `max_receive_count`: how often SQS delivers a message before it moves it to the dead-letter queue, 1 to 1000.
    - `timeout`: how long a batch of tasks may take, in seconds, 1 to 900 (15 minutes).
    - `memory`: in MB, 128 to 10240 (10 GB).
    - `storage`: of /tmp, in MB, 512 to 10240 (10 GB).
    - `batch_size`: how many tasks one invocation gets at most, 1 to 10.
    - `batch_window`: how long Lambda gathers tasks for a fuller batch, in seconds, 0 to 300 (5 minutes).
    - `task_concurrency`: how many tasks of a batch run at the same time, 1 to 10.
    - `maximum_concurrency`: how many batches run at the same time at most, 2 to 1000; null sets no limit.
    - `layers`: ARNs of up to 3 layers of the user's own, which come after those that are made here.
    - `vpc`: subnets and security groups that it is in; null leaves it outside of any VPC.
    - `environment`: environment variables of task code, by name.
    - `secrets`: where secrets of task code are kept, by name.
    - `secrets_kms_key_arns`: the customer keys that they are encrypted with.
    - `policy_statements`: what task code may do; those with `generators` send_task may do, too.
    - `policy_arns`: managed policies, by a name of the user's.
  EOT
  type = map(object({
    queue = object({
      tasks            = object({ name = string, arn = string, url = string })
      dead_letters     = object({ name = string, arn = string, url = string })
      event_source_arn = string
    })
    fifo                 = bool
    visibility_timeout   = number
    max_receive_count    = number
    timeout              = number
    memory               = number
    storage              = number
    batch_size           = number
    batch_window         = number
    task_concurrency     = number
    maximum_concurrency  = number
    layers               = list(string)
    vpc                  = object({ subnet_ids = set(string), security_group_ids = set(string) })
    environment          = map(string)
    secrets              = map(string)
    secrets_kms_key_arns = list(string)
    policy_statements = list(object({
      sid        = optional(string)
      actions    = list(string)
      resources  = list(string)
      conditions = map(map(list(string)))
      generators = bool
    }))
    policy_arns = map(string)
  }))
  nullable = false
}

variable "send_task" {
  description = "How long one invocation of send_task may take (timeout), in seconds, 1 to 900 (15 minutes), and its memory in MB, 128 to 10240 (10 GB)."
  type        = object({ timeout = number, memory = number })
  nullable    = false
}

variable "runs_dead_letters" {
  description = "Name, ARN and URL of the dead-letter queue of runs."
  type        = object({ name = string, arn = string, url = string })
  nullable    = false
}

variable "notify" {
  description = "The SSM parameter or the secret with the URLs of chat services, and the key that it is encrypted with; null sends no notifications."
  type        = object({ ssm_parameter = string, secret = string, kms_key_arn = string })
}

variable "metrics_by_schedule" {
  description = "Whether metrics are kept for each schedule, too."
  type        = bool
  nullable    = false
}

variable "log_retention_days" {
  description = "How long the logs of the functions are kept, in days; 0 keeps them for ever."
  type        = number
  nullable    = false
}

variable "log_level" {
  description = "The lowest level of Python's logging that task code logs at, by its name."
  type        = string
  nullable    = false
}

variable "tracing" {
  description = "Whether X-Ray traces the functions."
  type        = bool
  nullable    = false
}

variable "roles" {
  description = "Names of the roles of send_task, run_task and keep_runs, their IAM path, and the ARN of their permissions boundary; a null boundary sets none."
  type        = object({ names = map(string), path = string, permissions_boundary = string })
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer key that environment and logs are, and queues, the ledger and lists may be, encrypted with; null leaves it to AWS."
  type        = string
}

variable "tags" {
  description = "Tags of functions, roles, log groups and the event source mapping."
  type        = map(string)
  nullable    = false
}
