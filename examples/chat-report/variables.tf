variable "timezone" {
  description = "IANA time zone of the report."
  type        = string
  default     = "Europe/Berlin"
}

variable "chat_parameter" {
  description = "Name of the SSM parameter with the Apprise URLs of the chat services."
  type        = string
  default     = "/chat-report/chat"
}

variable "rates_url" {
  description = "Where the rates are fetched from: a JSON object with a field `rates`, numbers by currency."
  type        = string
  default     = "https://api.frankfurter.dev/v1/latest?base=EUR"
}
