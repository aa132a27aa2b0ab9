output "tasks" {
  description = "The task queue: name, arn and url."
  value = {
    name = aws_sqs_queue.tasks.name
    arn  = aws_sqs_queue.tasks.arn
    url  = aws_sqs_queue.tasks.url
  }
}

output "tasks_dead_letters" {
  description = "The dead-letter queue of tasks: name, arn and url."
  value = {
    name = aws_sqs_queue.tasks_dead_letters.name
    arn  = aws_sqs_queue.tasks_dead_letters.arn
    url  = aws_sqs_queue.tasks_dead_letters.url
  }
}

output "firings_dead_letters" {
  description = "The dead-letter queue of firings: name, arn and url."
  value = {
    name = aws_sqs_queue.firings_dead_letters.name
    arn  = aws_sqs_queue.firings_dead_letters.arn
    url  = aws_sqs_queue.firings_dead_letters.url
  }
}
