output "tasks" {
  description = "The task queue: name, arn and url."
  value = {
    name = aws_sqs_queue.tasks.name
    arn  = aws_sqs_queue.tasks.arn
    url  = aws_sqs_queue.tasks.url
  }
}

output "event_source_arn" {
  description = "ARN of the task queue for what receives from it: known to be there only with its redrive policy."
  value       = aws_sqs_queue.tasks.arn

  depends_on = [aws_sqs_queue_redrive_policy.tasks]
}

output "tasks_dead_letters" {
  description = "The dead-letter queue of tasks: name, arn and url."
  value = {
    name = aws_sqs_queue.tasks_dead_letters.name
    arn  = aws_sqs_queue.tasks_dead_letters.arn
    url  = aws_sqs_queue.tasks_dead_letters.url
  }
}

output "runs_dead_letters" {
  description = "The dead-letter queue of runs: name, arn and url."
  value = {
    name = aws_sqs_queue.runs_dead_letters.name
    arn  = aws_sqs_queue.runs_dead_letters.arn
    url  = aws_sqs_queue.runs_dead_letters.url
  }
}
