function change(tag, timestamp, record)
  record.metadata.env = "production"
  record.metadata.region = "eu-central-1"
  record.collector = "seneca"
  record.data.agent = record.data.agent_id
  record.data.agent_id = nil
  record.metadata.category = string.upper(record.metadata.category)
  return 2, timestamp, record
end
