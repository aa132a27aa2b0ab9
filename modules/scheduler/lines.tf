# Lines of task files that name a worker which is not there. send_task refuses them and sends the others,
# so a plan warns. `taskctl check` reads lists as send_task does; here a pattern looks for names, and only
# the lines that it finds are decoded. Lists that are long, packed, separated by other characters than
# commas, or not in UTF-8 are not read.

locals {
  max_read_bytes = 1000000 # Which takes a plan less than half a second.

  list_texts = { for file, bytes in local.file_sizes : file => try(file("${var.task_code_dir}/${file}"), "")
    if can(regex("\\.(?:jsonl|csv)$", file)) && try(bytes <= local.max_read_bytes, false)
  }

  # The column of workers, from 0, in CSV files that have one.
  worker_columns = { for file, text in local.list_texts :
    file => index([for name in split(",", regex("^[^\\r\\n]*", text)) : trimspace(name)], "worker")
    if endswith(file, ".csv") && can(regex("^(?:[^\\r\\n]*,)?\\s*worker\\s*(?:[,\\r\\n]|$)", text))
  }

  # What stands before a worker's name in a line, what it may be, and what follows it.
  worker_patterns = merge(
    { for file in keys(local.list_texts) : file => ["\"worker\"\\s*:\\s*\"", "[^\"\\\\]+", "\""] if endswith(file, ".jsonl") },
    { for file, column in local.worker_columns : file => ["^(?:[^,\"\\r\\n]*,){${column}}", "[^,\"\\r\\n]*[^,\"\\s][^,\"\\r\\n]*", "(?:,|\\r?$)"] },
  )

  # Without the workers that there are, and a CSV file's first line, only names of others are left.
  known_workers = join("|", concat(["worker"], [for worker in var.workers : worker if can(regex("^[0-9A-Za-z-]+$", worker))]))
  strange_texts = { for file, parts in local.worker_patterns : file => replace(
    local.list_texts[file],
    "/(?m)(${parts[0]})(?:${local.known_workers})(${parts[2]})/",
    "$${1}$${2}",
  ) }

  stranger_patterns = { for file, parts in local.worker_patterns : file => "(?m)${parts[0]}(${parts[1]})${parts[2]}" }

  # An argument may be called worker, too: what counts is a line's own.
  strangers = { for file, text in local.strange_texts : file => [
    for number, line in split("\n", text) : "${file}, line ${number + 1}: worker \"${
      try(tostring(jsondecode(line).worker), regex(local.stranger_patterns[file], line)[0])
    }\" is not there: it must be one of ${join(", ", sort(var.workers))}"
    if can(regex(local.stranger_patterns[file], line)) && try(jsondecode(line).worker != "", endswith(file, ".csv"))
  ] if can(regex(local.stranger_patterns[file], text)) }

  max_strangers = 10 # of each file
  stranger_warnings = flatten([for file, found in local.strangers : concat(
    slice(found, 0, min(local.max_strangers, length(found))),
    length(found) > local.max_strangers ? ["${file}: and ${length(found) - local.max_strangers} more"] : [],
  )])
}

check "lines" {
  assert {
    condition     = length(local.stranger_warnings) == 0
    error_message = join("\n  ", concat(["Lines of task files that send_task will refuse, while it sends the others:"], local.stranger_warnings))
  }
}
