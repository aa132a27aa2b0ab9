output "workers" {
  description = "By worker: its task queue (tasks) and dead-letter queue (dead_letters), each with name, arn and url; and the task queue's ARN for what receives from it (event_source_arn), known to be there only with its redrive policy."
  value = { for name, queue in aws_sqs_queue.tasks : name => {
    tasks = {
      name = queue.name
      arn  = queue.arn
      url  = queue.url
    }
    dead_letters = {
      name = aws_sqs_queue.tasks_dead_letters[local.dead_letters_of[name]].name
      arn  = aws_sqs_queue.tasks_dead_letters[local.dead_letters_of[name]].arn
      url  = aws_sqs_queue.tasks_dead_letters[local.dead_letters_of[name]].url
    }
    event_source_arn = queue.arn
  } }

  depends_on = [aws_sqs_queue_redrive_policy.tasks]
}

output "tasks" {
  description = "The default worker's task queue: name, arn and url."
  value = {
    name = aws_sqs_queue.tasks["default"].name
    arn  = aws_sqs_queue.tasks["default"].arn
    url  = aws_sqs_queue.tasks["default"].url
  }
}

output "tasks_dead_letters" {
  description = "The dead-letter queue of the default worker's tasks, and of others that are of its kind: name, arn and url."
  value = {
    name = aws_sqs_queue.tasks_dead_letters["default"].name
    arn  = aws_sqs_queue.tasks_dead_letters["default"].arn
    url  = aws_sqs_queue.tasks_dead_letters["default"].url
  }
}

output "workers_dead_letters" {
  description = "The dead-letter queue of the workers that are not of the default one's kind (FIFO or standard): name, arn and url; null where there are none."
  value = one([for key, queue in aws_sqs_queue.tasks_dead_letters : {
    name = queue.name
    arn  = queue.arn
    url  = queue.url
  } if key == "workers"])
}

output "runs_dead_letters" {
  description = "The dead-letter queue of runs: name, arn and url."
  value = {
    name = aws_sqs_queue.runs_dead_letters.name
    arn  = aws_sqs_queue.runs_dead_letters.arn
    url  = aws_sqs_queue.runs_dead_letters.url
  }
}
