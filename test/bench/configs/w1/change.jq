select(.metadata.severity != "debug")
| .metadata.env = "production" | .metadata.region = "eu-central-1" | .collector = "seneca"
| .data.agent = .data.agent_id | del(.data.agent_id) | .metadata.category |= ascii_upcase
