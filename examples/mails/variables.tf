variable "sender" {
  description = "Address that the mails come from; SES must know it."
  type        = string
  default     = "office@example.com"
}
