locals {
  task_code_dir = coalesce(var.task_code_dir, "${path.module}/tasks")

  # The module's own only where nothing says where the dependencies come from.
  layer_dir = var.layer_dir == null && var.layer_zip == null && length(var.layers) == 0 ? "${path.module}/layer" : var.layer_dir

  # SQS counts receives, not attempts, and a give-back or a neighbour's crash counts too: room for
  # every retry, for a whole batch of those, and for some hours in which the ledger does not answer, so
  # that SQS takes no task away that has tries left.
  max_receive_count = max(30, [for schedule in var.schedules : schedule.retries + 1 + var.batch_size + 20]...)

  # A run's dead letter that is redriven on its last day sends again, under the same ids, what had
  # been sent, and its messages may then lie on the queue.
  outcome_retention = var.dead_letter_retention + var.message_retention
}

# Every prefix below is the schedule group's name: the only one that AWS refuses twice. So a second stack
# of the same prefix fails at it, before it adopts the first one's queues, which SQS hands out as new.

module "queue" {
  source = "./modules/queue"

  aws                   = local.aws
  prefix                = module.scheduler.group.name
  fifo                  = var.fifo
  visibility_timeout    = coalesce(var.visibility_timeout, 6 * var.run_task_timeout)
  message_retention     = var.message_retention
  receive_wait_time     = var.receive_wait_time
  max_receive_count     = local.max_receive_count
  dead_letter_retention = var.dead_letter_retention
  kms_key_arn           = var.kms_key_arn
  tags                  = var.tags
}

module "ledger" {
  source = "./modules/ledger"

  prefix      = module.scheduler.group.name
  kms_key_arn = var.kms_key_arn
  tags        = var.tags
}

module "functions" {
  source = "./modules/functions"

  aws    = local.aws
  prefix = module.scheduler.group.name
  queues = {
    tasks              = module.queue.tasks
    tasks_dead_letters = module.queue.tasks_dead_letters
    runs_dead_letters  = module.queue.runs_dead_letters
  }
  event_source_arn    = module.queue.event_source_arn
  max_receive_count   = local.max_receive_count
  task_objects        = distinct(compact([for schedule in var.schedules : schedule.tasks_s3_uri]))
  has_generators      = anytrue([for schedule in var.schedules : schedule.tasks_source != null])
  ledger_table        = module.ledger.table.name
  ledger_retention    = var.ledger_retention_days * 24 * 3600
  deduplication       = var.deduplication
  message_retention   = var.message_retention
  outcome_retention   = local.outcome_retention
  archives            = "${path.root}/.task-scheduler/${var.prefix}"
  task_code_dir       = local.task_code_dir
  runtime_dir         = "${path.module}/lambda_src"
  runtime_lock        = "${path.module}/requirements/runtime.txt"
  layer_dir           = local.layer_dir
  layer_zip           = var.layer_zip
  layers              = var.layers
  package_bucket      = var.package_bucket
  runtime             = var.runtime
  architecture        = var.architecture
  send_task_timeout   = var.send_task_timeout
  send_task_memory    = var.send_task_memory
  run_task_timeout    = var.run_task_timeout
  run_task_memory     = var.run_task_memory
  batch_size          = var.batch_size
  batch_window        = var.batch_window
  task_concurrency    = var.task_concurrency
  maximum_concurrency = var.maximum_concurrency
  notify              = var.notify
  metrics_by_schedule = var.metrics_by_schedule
  log_retention_days  = var.log_retention_days
  log_level           = var.log_level
  tracing             = try(var.monitoring.tracing, false)
  kms_key_arn         = var.kms_key_arn
  roles               = merge(var.roles, { names = local.role_names })
  vpc                 = var.vpc
  tags                = var.tags

  workers = {
    default = {
      environment          = var.environment
      secrets              = var.secrets
      secrets_kms_key_arns = var.secrets_kms_key_arns
      policy_statements    = var.policy_statements
      policy_arns          = var.policy_arns
    }
  }
}

module "scheduler" {
  source = "./modules/scheduler"

  aws                   = local.aws
  prefix                = var.prefix
  timezone              = var.timezone
  schedules             = var.schedules
  notify_on             = var.notify == null ? null : var.notify_on
  task_code_dir         = local.task_code_dir
  send_task_arn         = module.functions.send_task.arn
  keep_runs_arn         = module.functions.keep_runs.arn
  dead_letter_queue_arn = module.queue.runs_dead_letters.arn
  kms_key_arn           = var.kms_key_arn
  roles                 = merge(var.roles, { names = local.role_names })
  tags                  = var.tags
}

module "monitoring" {
  source = "./modules/monitoring"
  count  = var.monitoring == null ? 0 : 1

  aws    = local.aws
  prefix = module.scheduler.group.name
  queues = {
    tasks              = module.queue.tasks
    tasks_dead_letters = module.queue.tasks_dead_letters
    runs_dead_letters  = module.queue.runs_dead_letters
  }
  message_retention     = var.message_retention
  dead_letter_retention = var.dead_letter_retention
  longest_wait          = var.monitoring.longest_wait
  chat                  = var.notify != null
  functions = {
    send_task = merge(module.functions.send_task, { timeout = var.send_task_timeout })
    run_task  = merge(module.functions.run_task, { timeout = var.run_task_timeout })
    keep_runs = module.functions.keep_runs
  }
  schedule_group = module.scheduler.group.name
  expected_every = { for name, schedule in var.schedules : name => schedule.expected_every if schedule.enabled && schedule.expected_every != null }
  early_warnings = var.monitoring.early_warnings
  queries        = var.monitoring.queries
  dashboard      = var.monitoring.dashboard ? "${var.prefix}-${local.aws.region}" : null
  topic          = var.monitoring.topic
  emails         = var.monitoring.emails
  kms_key_arn    = var.kms_key_arn
  tags           = var.tags
}
