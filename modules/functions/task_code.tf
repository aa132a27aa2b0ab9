# What task code gets: environment, secrets and permissions. run_task runs it, and send_task where it makes lists.

locals {
  # The worker whose task code a function runs; functions that run none have none.
  worker_of = merge(
    { for name, key in local.worker_functions : key => name },
    var.has_generators ? { send_task = "default" } : {},
  )

  environments = { for key, function in local.functions : key => merge(flatten([
    [for name in try([local.worker_of[key]], []) : [
      { for variable, value in var.workers[name].environment : variable => value if value != null },
      length(var.workers[name].secrets) == 0 ? {} : { TASK_SECRETS = jsonencode(var.workers[name].secrets) },
    ]],
    function.environment,
    {
      TASK_LOG_GROUP          = "/aws/lambda/${var.prefix}-run-task" # what a run's message links to
      POWERTOOLS_SERVICE_NAME = var.prefix                           # in each line of the log, and the dimension of metrics
      LOG_LEVEL               = var.log_level
    },
    var.metrics_by_schedule ? { METRICS_BY_SCHEDULE = "true" } : {},
  ])...) }

  max_environment_bytes = 4096

  # What Lambda measures: the environment as a JSON object. URLs of queues, which are not known before
  # they are there, are a little longer than their ARNs.
  known_environments = { for key, variables in local.environments : key => { for name, value in variables : name => (
    endswith(name, "_URL") ? "${local.queue_arns.dead_letters["default"]}----------" :
    name == "WORKER_QUEUES" ? join(",", [for worker, arn in local.queue_arns.tasks : "'${worker}':'${arn}----------'"]) : value
  ) } }
  environment_bytes = { for key, variables in local.known_environments : key => sum([
    for encoded in [for name, value in variables : base64encode("'${name}':'${value}',")] :
    length(encoded) * 3 / 4 - length(regexall("=", encoded))
  ]) }

  # Of SSM, and of Secrets Manager, by worker.
  places = { for name, worker in var.workers : name => {
    ssm            = [for place in values(worker.secrets) : place if can(regex("^(?:/|arn:[^:]*:ssm:)", place))]
    secretsmanager = [for place in values(worker.secrets) : place if !can(regex("^(?:/|arn:[^:]*:ssm:)", place))]
  } }

  secret_permissions = { for name, worker in var.workers : name => concat(
    [for places in [local.places[name].ssm] : {
      Effect = "Allow"
      Action = ["ssm:GetParameter"]
      Resource = distinct([for place in places :
        startswith(place, "arn:") ? place : "arn:${var.aws.partition}:ssm:${var.aws.region}:${var.aws.account}:parameter${place}"
      ])
    } if length(places) > 0],

    # AWS ends the ARN of a secret with six characters of its own.
    [for places in [local.places[name].secretsmanager] : {
      Effect = "Allow"
      Action = ["secretsmanager:GetSecretValue"]
      Resource = distinct([for place in places :
        startswith(place, "arn:") ? place : "arn:${var.aws.partition}:secretsmanager:${var.aws.region}:${var.aws.account}:secret:${place}-??????"
      ])
    } if length(places) > 0],

    # A key of AWS's own needs no permission beyond these.
    [for arns in [worker.secrets_kms_key_arns] : {
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = arns
      Condition = { StringEquals = { "kms:ViaService" = [for service, places in local.places[name] :
        "${service}.${var.aws.region}.${var.aws.dns_suffix}" if length(places) > 0
      ] } }
    } if length(arns) > 0],
  ) }

  # Statements of policies: those of generators are permitted in send_task, too.
  task_code_permissions = { for key in keys(local.functions) : key => flatten([
    for name in try([local.worker_of[key]], []) : concat(
      local.secret_permissions[name],
      [for statement in var.workers[name].policy_statements : { for field, value in {
        Sid       = statement.sid
        Effect    = "Allow"
        Action    = statement.actions
        Resource  = statement.resources
        Condition = length(statement.conditions) == 0 ? null : statement.conditions
      } : field => value if value != null } if key != "send_task" || statement.generators],
    )
  ]) }
}

resource "aws_iam_role_policy_attachment" "task_code" {
  for_each = merge([for name, worker in var.workers : { for key, arn in worker.policy_arns :
    "${local.worker_functions[name]}/${key}" => { function = local.worker_functions[name], arn = arn }
  }]...)

  role       = aws_iam_role.this[each.value.function].id # unlike its name unknown when it is replaced, and so replaced with it
  policy_arn = each.value.arn
}
