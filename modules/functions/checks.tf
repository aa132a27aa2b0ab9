# Rules of workers and of what their task code is given: those that AWS has, and would tell of half way through an
# apply, and those of the functions themselves.

locals {
  # What Lambda's runtime, Python and the module read from the environment: another value would break the
  # functions, or be overwritten.
  owned_variables = "^(?:AWS_.*|LAMBDA_.*|POWERTOOLS_.*|PYTHON.*|PATH|LD_LIBRARY_PATH|LD_PRELOAD|${join("|", local.module_variables)})$"

  # tests/module/test_environment.py holds these to task_scheduler/config.py.
  module_variables = [
    "DEDUPLICATION",
    "LEDGER_RETENTION",
    "LEDGER_TABLE",
    "LOG_LEVEL",
    "MAX_RECEIVE_COUNT",
    "MESSAGE_RETENTION",
    "METRICS_BY_SCHEDULE",
    "NOTIFY_SECRET",
    "NOTIFY_SSM_PARAMETER",
    "OUTCOME_RETENTION",
    "QUEUE_URL",
    "RUNS_DEAD_LETTER_URL",
    "SCHEDULE_GROUP",
    "SEND_TASK_FUNCTION",
    "TASKS_DEAD_LETTER_URL",
    "TASK_CONCURRENCY",
    "TASK_LOG_GROUP",
    "TASK_SECRETS",
    "WORKER_QUEUES",
  ]

  legal_variable = "^[A-Za-z][0-9A-Za-z_]+$"

  # What a secret is read from: an SSM parameter or a secret, by name or ARN.
  legal_place = join("|", [
    "^(?:/[0-9A-Za-z_.-]+)+$",
    "^[0-9A-Za-z_+=.@-][0-9A-Za-z/_+=.@-]{0,511}$",
    "^arn:aws[a-z-]*:ssm:[0-9a-z-]+:[0-9]{12}:parameter/[0-9A-Za-z_./-]+$",
    "^arn:aws[a-z-]*:secretsmanager:[0-9a-z-]+:[0-9]{12}:secret:[0-9A-Za-z/_+=.@-]{1,512}-[0-9A-Za-z]{6}$",
  ])

  legal_key      = "^arn:aws[a-z-]*:kms:[0-9a-z-]+:[0-9]{12}:key/[0-9A-Za-z-]+$"
  legal_action   = "^(?:\\*|[0-9a-z-]+:[0-9A-Za-z*?]+)$"
  legal_resource = "^(?:\\*|arn:[^:\\s]+:[^:\\s]*:[^:\\s]*:[^:\\s]*:\\S+)$"
  legal_policy   = "^arn:aws[a-z-]*:iam::(?:aws|[0-9]{12}):policy/[!-~]+$"

  # Patterns that leave nothing out: of calls, and of resources in the account or of a service.
  every_action   = "^(?:\\*|[0-9a-z-]+:[*?]*\\*[*?]*)$"
  every_resource = "^(?:\\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\\*+)$"
  wide_policies  = "^arn:[^:]*:iam::aws:policy/(?:AdministratorAccess|PowerUserAccess)$"

  # What a sentence about a worker begins with. The default's inputs are the module's own.
  worker_labels = { for name in keys(var.workers) : name => name == "default" ? "" : "worker \"${name}\": " }

  # Statements by their sids, or by their places in the list.
  statements = { for name, worker in var.workers : name => [for position, statement in worker.policy_statements :
    merge(statement, {
      name  = coalesce(statement.sid, "number ${position + 1}")
      calls = [for action in statement.actions : action if can(regex(local.every_action, action))]
      on    = [for resource in statement.resources : resource if can(regex(local.every_resource, resource))]
    })
  ] }
  sids = { for name, worker in var.workers : name => compact(worker.policy_statements[*].sid) }

  variable_problems = { for name, worker in var.workers : name => flatten([
    for field, given in { environment = worker.environment, secrets = worker.secrets } : [
      [for variable in keys(given) :
        "${field} has \"${variable}\": a name must be a letter and 1 or more letters, digits and underscores"
        if !can(regex(local.legal_variable, variable))
      ],
      [for variable in keys(given) :
        "${field} has ${variable}: Lambda, Python or the module uses this name itself; choose another"
        if can(regex(local.owned_variables, variable))
      ],
    ]
  ]) }

  no_values = { for name, worker in var.workers : name => [for variable, value in worker.environment :
    "environment has no value for ${variable}: leave the name out, or give it a text" if value == null
  ] }

  # What does not fit may be the secret itself, so it is not repeated.
  secret_problems = { for name, worker in var.workers : name => concat(
    [for variable in setintersection(keys(worker.secrets), keys(worker.environment)) :
      "environment and secrets both have ${variable}: it must be in one of them"
    ],
    [for variable, place in worker.secrets :
      "secrets has no name or ARN for ${variable}: it must be the name of an SSM parameter, which begins with a slash, such as /jobs/token, the name of a secret, such as jobs/token, or the whole ARN of either; values go there, not here"
      if !can(regex(local.legal_place, place))
    ],
    [for variable, place in worker.secrets :
      "secrets has an ARN of another region or partition for ${variable}: it must begin with ${join(":", ["arn", var.aws.partition, split(":", place)[2], var.aws.region])}"
      if can(regex(local.legal_place, place)) && try(startswith(place, "arn:") && !startswith(place, "${join(":", ["arn", var.aws.partition, split(":", place)[2], var.aws.region])}:"), false)
    ],
    [for arn in worker.secrets_kms_key_arns :
      "secrets_kms_key_arns has \"${arn}\": it must be the ARN of a key (not of an alias) of this region, arn:${var.aws.partition}:kms:${var.aws.region}:${var.aws.account}:key/ID"
      if !can(regex(local.legal_key, arn)) || !startswith(arn, "arn:${var.aws.partition}:kms:${var.aws.region}:")
    ],
    length(worker.secrets_kms_key_arns) > 0 && length(worker.secrets) == 0
    ? ["secrets_kms_key_arns are given but no secrets: they are the keys of what secrets names"]
    : [],
  ) }

  statement_problems = { for name, worker in var.workers : name => concat(
    flatten([for statement in local.statements[name] : [for problem in concat(
      length(statement.actions) > 0 ? [] : ["it has no actions"],
      length(statement.resources) > 0 ? [] : ["it has no resources"],
      [for action in statement.actions : "action \"${action}\" must be a service and a call of it, such as s3:GetObject"
        if !can(regex(local.legal_action, action))
      ],
      [for resource in statement.resources :
        "resource \"${resource}\" must be an ARN, such as arn:${var.aws.partition}:s3:::BUCKET/*, or * for actions that take none"
        if !can(regex(local.legal_resource, resource))
      ],
      can(regex("^(?:number )?[0-9A-Za-z]+$", statement.name)) ? [] : ["a sid must be made of letters and digits"],
    ) : "policy_statements, ${statement.name}: ${problem}"]]),
    [for sid in distinct(local.sids[name]) : "policy_statements, ${sid}: several have this sid, which IAM takes once"
      if length([for other in local.sids[name] : other if other == sid]) > 1
    ],
    [for key, arn in worker.policy_arns :
      "policy_arns, ${key}: \"${arn}\" must be the ARN of a policy, arn:${var.aws.partition}:iam::${var.aws.account}:policy/NAME, or of one of AWS's, arn:${var.aws.partition}:iam::aws:policy/NAME"
      if !can(regex(local.legal_policy, arn)) || !anytrue([for owner in [var.aws.account, "aws"] : startswith(arn, "arn:${var.aws.partition}:iam::${owner}:")])
    ],
    length(worker.policy_arns) > 20 ? ["policy_arns has ${length(worker.policy_arns)} policies: IAM attaches 20 to a role at most"] : [],
  ) }

  worker_numbers = {
    timeout             = { min = 1, max = 900, meaning = "seconds, up to 15 minutes, which Lambda gives an invocation" }
    memory              = { min = 128, max = 10240, meaning = "MB, up to 10 GB" }
    storage             = { min = 512, max = 10240, meaning = "MB of /tmp, up to 10 GB" }
    batch_size          = { min = 1, max = 10, meaning = "tasks" }
    batch_window        = { min = 0, max = 300, meaning = "seconds, up to 5 minutes" }
    task_concurrency    = { min = 1, max = 10, meaning = "tasks of a batch" }
    maximum_concurrency = { min = 2, max = 1000, meaning = "batches, or null for the default worker's" }
    visibility_timeout  = { min = 1, max = 43200, meaning = "seconds, up to 12 hours, or null for 6 times timeout" }
  }

  # Those of the default worker are the module's own inputs, which say so themselves.
  size_problems = { for name, worker in var.workers : name => name == "default" ? [] : concat(
    can(regex("^[a-z][0-9a-z-]{0,19}$", name)) && name != "dead-letter" ? [] : ["its name must be 1 to 20 small letters, digits and hyphens, the first a letter, and not dead-letter"],
    length("${var.prefix}-run-task-${name}") <= 64 ? [] : ["the name of its function, ${var.prefix}-run-task-${name}, has ${length("${var.prefix}-run-task-${name}")} characters; Lambda takes 64, so it, or prefix, must be shorter"],
    [for field, legal in local.worker_numbers :
      "${field} is ${worker[field]}: it must be a whole number from ${legal.min} to ${legal.max} (${legal.meaning})"
      if worker[field] == null ? false : worker[field] < legal.min || worker[field] > legal.max || floor(worker[field]) != worker[field]
    ],
    worker.visibility_timeout >= worker.timeout ? [] : ["visibility_timeout is ${worker.visibility_timeout}, less than timeout (${worker.timeout}): tasks would be handed out again while they still run"],
    worker.fifo && worker.batch_window > 0 ? ["batch_window is ${worker.batch_window}, but its queue is FIFO: Lambda waits for batches of standard queues only, so it must be 0"] : [],
  ) }

  layer_arn_problems = { for name, worker in var.workers : name => name == "default" ? [] : concat(
    length(worker.layers) <= 3 ? [] : ["layers has ${length(worker.layers)} ARNs: Lambda takes 5 layers a function, of which 2 are the module's, so it must be 3 at most"],
    [for arn in worker.layers :
      "layers has \"${arn}\": it must be the ARN of a layer version of this region, arn:${var.aws.partition}:lambda:${var.aws.region}:ACCOUNT:layer:NAME:VERSION"
      if !can(regex("^arn:${var.aws.partition}:lambda:${var.aws.region}:[0-9]{12}:layer:[0-9A-Za-z_-]{1,140}:[0-9]+$", arn))
    ],
  ) }

  # SQS lets ten queues into one dead-letter queue.
  count_problems = length(var.workers) <= 10 ? [] : ["workers has ${length(var.workers) - 1}: besides the default one there may be 9"]

  worker_problems = concat(local.count_problems, flatten([for name in keys(var.workers) : [
    for problem in concat(
      local.size_problems[name],
      local.layer_arn_problems[name],
      local.variable_problems[name],
      local.no_values[name],
      local.secret_problems[name],
      local.statement_problems[name],
    ) : "${local.worker_labels[name]}${problem}"
  ]]))

  wide_statements = flatten([for name, statements in local.statements : concat(
    [for statement in statements : "${local.worker_labels[name]}${statement.name}: ${join(", ", statement.calls)} on ${join(", ", statement.on)}"
      if length(statement.calls) > 0 && length(statement.on) > 0
    ],
    [for key, arn in var.workers[name].policy_arns : "${local.worker_labels[name]}policy_arns, ${key}: ${arn}"
      if can(regex(local.wide_policies, arn))
    ],
  )])
}

# By the places of the ARNs, which may be known only when they are there.
module "own_layer" {
  source = "../own_layer"
  for_each = merge([for name, worker in var.workers : {
    for position in range(length(worker.layers)) : "${name}/${position}" => name
  }]...)

  arn          = var.workers[each.value].layers[split("/", each.key)[1]]
  worker       = each.value
  architecture = var.architecture
  room         = max(0, -local.excess_bytes)
}

check "policy_statements" {
  assert {
    condition     = length(local.wide_statements) == 0
    error_message = join("\n  ", concat(["policy_statements and policy_arns that allow task code everything, or all of a service; name the actions that it calls, and the ARNs that it calls them on:"], local.wide_statements))
  }
}
