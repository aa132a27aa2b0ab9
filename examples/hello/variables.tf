variable "prefix" {
  description = "Beginning of every name."
  type        = string
  default     = "hello"
}

variable "expression" {
  description = "Expression of all schedules: rate(...), cron(...) or at(...)."
  type        = string
  default     = "rate(1 hour)"
}

variable "timezone" {
  description = "IANA time zone in which cron(...) and at(...) are meant."
  type        = string
  default     = "UTC"
}

variable "layer_dir" {
  description = "Folder of the built dependencies; null takes the module's own layer/."
  type        = string
  default     = null
}

variable "runtime" {
  description = "Lambda runtime, the one that the layer was built for; null takes the module's default."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor architecture, the one that the layer was built for; null takes the module's default."
  type        = string
  default     = null
}

variable "chat_parameter" {
  description = "Name of the SSM parameter with the Apprise URLs of the chat services; null for none."
  type        = string
  default     = null
}
