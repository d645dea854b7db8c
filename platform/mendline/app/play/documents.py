"""The GraphQL documents of the story, each as the one who uses it would write it."""

LIST = """
query ($after: String) { worklist(first: 100, after: $after) {
  nodes { number provider { code } facility { code } } pageInfo { hasNextPage endCursor } } }
"""

LOOK = """
query ($number: String!) { ticket(number: $number) { id number } worklist(first: 100) { nodes { number } } }
"""

PROPOSAL = """
query ($number: String!) { ticket(number: $number) {
  id number state version priority
  deviceCard { name { zh en } assetNumber serial } commercial { entitlement reason { zh en } }
  clinical { symptom useState priorityReasons { input value points } } people { location { zh en } contactName }
  suggestion { candidates { technician name minutes score reasons } excluded { name why } } } }
"""

OFFER = """
mutation ($input: OfferJobInput!) { offerJob(input: $input) { ticket { number state } } }
"""

FOLLOW = """
subscription { worklistChanged { initial item { number state phase version } ticket { id } } }
"""

MAKER = """
query ($number: String!) { ticket(number: $number) {
  number state deviceCard { name { zh en } serial } quality { result cause action }
  people { contactName contactPhone reporterName location { zh en } } clinical { symptom }
  messages { nodes { body } } } }
"""

RECORD = """
query ($number: String!) { ticket(number: $number) {
  id number state phase closedAt device { state }
  quality { result cause action workMinutes returnedAt }
  signatureSlots { position role meaning state signerName recordHash }
  evidence(first: 50) { nodes { kind filename size sha256 caption state } }
  audit(first: 100) { nodes { seq command actorName actorRole organisation { code } channel occurredAt hash } } } }
"""
