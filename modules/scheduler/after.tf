# Schedules that run after others. keep_runs starts them; their schedules at EventBridge are disabled and
# hold what send_task is given, as those of the others do.

locals {
  # EventBridge wants an expression of a disabled schedule, too: this one is the latest that it takes.
  no_expression = "cron(0 0 31 12 ? 2199)"

  expressions = { for name, schedule in var.schedules : name => schedule.after == null ? schedule.expression : local.no_expression }

  # Who comes before whom; names that are not there are a problem of their own.
  before = { for name, schedule in var.schedules : name => [
    for other in distinct(compact(schedule.after)) : other if contains(keys(var.schedules), other)
  ] if schedule.after != null }

  # Everybody before each, 2, 4, 8 and 16 steps back.
  before_2  = { for name, others in local.before : name => distinct(concat(others, [for other in others : lookup(local.before, other, [])]...)) }
  before_4  = { for name, others in local.before_2 : name => distinct(concat(others, [for other in others : lookup(local.before_2, other, [])]...)) }
  before_8  = { for name, others in local.before_4 : name => distinct(concat(others, [for other in others : lookup(local.before_4, other, [])]...)) }
  before_16 = { for name, others in local.before_8 : name => distinct(concat(others, [for other in others : lookup(local.before_8, other, [])]...)) }

  # Those that wait for each other, by name.
  circles = { for name, others in local.before_16 : name => sort([
    for other in others : other if contains(lookup(local.before_16, other, []), name)
  ]) if contains(others, name) }

  # Schedules in the longest chain that ends with each, counted as far as 9.
  chain_2 = { for name, others in local.before : name => 2 }
  chain_3 = { for name, others in local.before : name => max(1, [for other in others : lookup(local.chain_2, other, 1) + 1]...) }
  chain_4 = { for name, others in local.before : name => max(1, [for other in others : lookup(local.chain_3, other, 1) + 1]...) }
  chain_5 = { for name, others in local.before : name => max(1, [for other in others : lookup(local.chain_4, other, 1) + 1]...) }
  chain_6 = { for name, others in local.before : name => max(1, [for other in others : lookup(local.chain_5, other, 1) + 1]...) }
  chain_7 = { for name, others in local.before : name => max(1, [for other in others : lookup(local.chain_6, other, 1) + 1]...) }
  chain_8 = { for name, others in local.before : name => max(1, [for other in others : lookup(local.chain_7, other, 1) + 1]...) }
  chain_9 = { for name, others in local.before : name => max(1, [for other in others : lookup(local.chain_8, other, 1) + 1]...) }

  after_problems = { for name, schedule in var.schedules : name => schedule.after == null ? (
    schedule.after_any_outcome ? ["after_any_outcome is given, but no after: it must name the schedules that it follows"] : []
    ) : concat(
    schedule.expression == null ? [] : ["expression and after are given: it runs at its own times, or after others"],
    length(schedule.after) == 0 ? ["after is an empty list: it must name the schedules that it follows"] : [],
    [for position, other in schedule.after :
      "after: number ${position + 1} is empty; each must be the name of a schedule"
      if try(trimspace(other), "") == ""
    ],
    [for other in distinct(compact(schedule.after)) :
      "after has \"${other}\", which is not there: it must be a list of names of schedules"
      if trimspace(other) != "" && !contains(keys(var.schedules), other)
    ],
    [for other in distinct(compact(schedule.after)) :
      "after has \"${other}\" more than once: it must be a list of different names"
      if length([for another in schedule.after : another if another == other]) > 1
    ],
    [for others in try([local.circles[name]], []) :
      length(others) == 1 ? "after has its own name: it would wait for itself" : "after makes a circle: ${join(", ", others)} wait for each other"
    ],
    local.chain_9[name] > 8 && length(setintersection(keys(local.circles), concat([name], local.before_16[name]))) == 0
    ? ["after makes a chain of more than 8 schedules: it follows ${join(", ", sort(local.before_16[name]))}"]
    : [],
    [for field in ["start_date", "end_date", "flexible_window_minutes"] :
      "${field} is given beside after: it is about the times of an expression"
      if schedule[field] != null
    ],
  ) }
}
