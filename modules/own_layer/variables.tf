variable "arn" {
  description = "ARN of the layer version."
  type        = string
  nullable    = false
}

variable "worker" {
  description = "The worker that has it, for warnings; those of the default one do not name it."
  type        = string
  nullable    = false
}

variable "architecture" {
  description = "Processor architecture of the functions: arm64 or x86_64."
  type        = string
  nullable    = false
}
