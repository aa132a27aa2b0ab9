variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "url" {
  description = "What is backed up: an export, say, of a service."
  type        = string
  default     = "https://api.example.com/v1/export"
}
