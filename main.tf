locals {
  task_code_dir = coalesce(var.task_code_dir, "${path.module}/tasks")

  # The module's own only where nothing says where the dependencies come from.
  layer_dir = var.layer_dir == null && var.layer_zip == null && length(var.layers) == 0 ? "${path.module}/layer" : var.layer_dir

  # SQS counts receives, not attempts, and a give-back or a neighbour's crash counts too: room for
  # every retry, for a whole batch of those, and for some hours in which the ledger does not answer, so
  # that SQS takes no task away that has tries left.
  most_retries = max(0, [for schedule in var.schedules : schedule.retries]...)

  # What a worker does not say it has from the default one.
  workers = { for name, worker in merge({ default = {} }, var.workers) : name => {
    fifo                 = try(coalesce(worker.fifo), var.fifo)
    timeout              = try(coalesce(worker.timeout), var.run_task_timeout)
    memory               = try(coalesce(worker.memory), var.run_task_memory)
    storage              = try(coalesce(worker.storage), var.run_task_storage)
    batch_size           = try(coalesce(worker.batch_size), var.batch_size)
    batch_window         = try(coalesce(worker.batch_window), try(worker.fifo, null) == true ? 0 : var.batch_window)
    task_concurrency     = try(coalesce(worker.task_concurrency), var.task_concurrency)
    maximum_concurrency  = try(coalesce(worker.maximum_concurrency), var.maximum_concurrency)
    layers               = try(worker.layers, null) == null ? var.layers : worker.layers
    vpc                  = try(worker.vpc, null) == null ? var.vpc : worker.vpc
    environment          = try(worker.environment, null) == null ? var.environment : worker.environment
    secrets              = try(worker.secrets, null) == null ? var.secrets : worker.secrets
    secrets_kms_key_arns = try(worker.secrets_kms_key_arns, null) == null ? var.secrets_kms_key_arns : worker.secrets_kms_key_arns
    policy_statements    = try(worker.policy_statements, null) == null ? var.policy_statements : worker.policy_statements
    policy_arns          = try(worker.policy_arns, null) == null ? var.policy_arns : worker.policy_arns
  } }

  # With a timeout of its own a worker has a visibility timeout of its own, too.
  visibility_timeouts = { for name, worker in local.workers : name => coalesce(
    try(var.workers[name].visibility_timeout, null),
    try(var.workers[name].timeout, null) == null ? var.visibility_timeout : null,
    6 * worker.timeout,
  ) }
  max_receive_counts = { for name, worker in local.workers : name => max(30, local.most_retries + 1 + worker.batch_size + 20) }

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
  message_retention     = var.message_retention
  receive_wait_time     = var.receive_wait_time
  dead_letter_retention = var.dead_letter_retention
  kms_key_arn           = var.kms_key_arn
  tags                  = var.tags

  workers = { for name, worker in local.workers : name => {
    fifo               = worker.fifo
    visibility_timeout = local.visibility_timeouts[name]
    max_receive_count  = local.max_receive_counts[name]
  } }
}

module "ledger" {
  source = "./modules/ledger"

  prefix      = module.scheduler.group.name
  kms_key_arn = var.kms_key_arn
  tags        = var.tags
}

module "functions" {
  source = "./modules/functions"

  aws                 = local.aws
  prefix              = module.scheduler.group.name
  runs_dead_letters   = module.queue.runs_dead_letters
  task_objects        = distinct(compact([for schedule in var.schedules : schedule.tasks_s3_uri]))
  has_generators      = anytrue([for schedule in var.schedules : schedule.tasks_source != null])
  has_followers       = anytrue([for schedule in var.schedules : schedule.after != null])
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
  package_bucket      = var.package_bucket
  runtime             = var.runtime
  architecture        = var.architecture
  notify              = var.notify
  metrics_by_schedule = var.metrics_by_schedule
  log_retention_days  = var.log_retention_days
  log_level           = var.log_level
  tracing             = try(var.monitoring.tracing, false)
  kms_key_arn         = var.kms_key_arn
  roles               = merge(var.roles, { names = local.role_names })
  tags                = var.tags

  send_task = { timeout = var.send_task_timeout, memory = var.send_task_memory }

  workers = { for name, worker in local.workers : name => merge(worker, {
    queue              = module.queue.workers[name]
    visibility_timeout = local.visibility_timeouts[name]
    max_receive_count  = local.max_receive_counts[name]
  }) }
}

module "scheduler" {
  source = "./modules/scheduler"

  aws                   = local.aws
  prefix                = var.prefix
  timezone              = var.timezone
  schedules             = var.schedules
  workers               = keys(local.workers)
  fifo_workers          = [for name, worker in local.workers : name if worker.fifo]
  message_retention     = var.message_retention
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
  workers = { for name in keys(var.workers) : name => {
    queue    = module.queue.workers[name].tasks.name
    function = module.functions.workers[name].name
    timeout  = local.workers[name].timeout
  } }
  workers_dead_letters = module.queue.workers_dead_letters
  schedule_group       = module.scheduler.group.name
  watched              = anytrue([for schedule in var.schedules : schedule.enabled && (schedule.expected_every != null || schedule.finish_within != null)])
  early_warnings       = var.monitoring.early_warnings
  queries              = var.monitoring.queries
  dashboard            = var.monitoring.dashboard ? "${var.prefix}-${local.aws.region}" : null
  topic                = var.monitoring.topic
  emails               = var.monitoring.emails
  kms_key_arn          = var.kms_key_arn
  tags                 = var.tags
}
