-- The 0-RTT TCP Convert Protocol (RFC 8803) for Wireshark and tshark.
--
--   tshark -X lua_script:deploy/wireshark/convert.lua -r street.pcap -Y convert
--
-- or put this file into Wireshark's folder of personal Lua plugins (Help, About, Folders).
--
-- A connection is Convert when one of its ports stands in the preference convert.ports (RFC 8803
-- assigns none), or when its first bytes look like Convert. What follows the messages is handed to
-- the dissector of the port that Connect named.
--
-- A connection may begin with a hello (Info without Connect), answered, and say Connect in a second
-- message (docs/adr/0005-warm-pool.md). A subflow that joined later carries no message: what comes
-- there is shown as data.

local convert = Proto("convert", "0-RTT TCP Convert Protocol")

local MAGIC = 0x2263
local VERSION = 1
local WORD = 4
-- An echo may hold a message that holds an echo: deeper ones are shown as bytes.
local ECHO_DEPTH_MAX = 2

local TYPES = {
  [1] = "Info",
  [10] = "Connect",
  [20] = "Extended TCP Header",
  [21] = "Supported TCP Extensions",
  [22] = "Cookie",
  [30] = "Error",
}

local ERRORS = {
  [0] = "Unsupported Version",
  [1] = "Malformed Message",
  [2] = "Unsupported Message",
  [3] = "Missing Cookie",
  [32] = "Not Authorized",
  [33] = "Unsupported TCP Option",
  [64] = "Resource Exceeded",
  [65] = "Network Failure",
  [96] = "Connection Reset",
  [97] = "Destination Unreachable",
}

local KINDS = {
  [0] = "End of Option List",
  [1] = "No-Operation",
  [2] = "Maximum Segment Size",
  [3] = "Window Scale",
  [4] = "SACK Permitted",
  [5] = "SACK",
  [8] = "Timestamps",
  [19] = "MD5 Signature",
  [28] = "User Timeout",
  [29] = "TCP-AO",
  [30] = "Multipath TCP",
  [34] = "TCP Fast Open Cookie",
}

local f = {
  version = ProtoField.uint8("convert.version", "Version"),
  length = ProtoField.uint8("convert.length", "Total Length", base.DEC, nil, nil, "In words of four bytes, the header included"),
  magic = ProtoField.uint16("convert.magic", "Magic Number", base.HEX),
  unread = ProtoField.bytes("convert.unread", "Not read"),
  tlv_type = ProtoField.uint8("convert.tlv.type", "Type", base.DEC, TYPES),
  tlv_length = ProtoField.uint8("convert.tlv.length", "Length", base.DEC, nil, nil, "In words of four bytes, type and length included"),
  tlv_value = ProtoField.bytes("convert.tlv.value", "Value"),
  zero = ProtoField.uint16("convert.tlv.zero", "Zero or unassigned", base.HEX),
  padding = ProtoField.bytes("convert.tlv.padding", "Padding"),
  connect_port = ProtoField.uint16("convert.connect.port", "Remote Peer Port"),
  connect_address = ProtoField.ipv6("convert.connect.address", "Remote Peer IP Address"),
  connect_ipv4 = ProtoField.ipv4("convert.connect.ipv4", "Remote Peer IPv4 Address"),
  option_kind = ProtoField.uint8("convert.option.kind", "Kind", base.DEC, KINDS),
  option_length = ProtoField.uint8("convert.option.length", "Length"),
  option_value = ProtoField.bytes("convert.option.value", "Value"),
  supported_kind = ProtoField.uint8("convert.supported.kind", "Kind", base.DEC, KINDS),
  cookie = ProtoField.bytes("convert.cookie", "Cookie"),
  error_code = ProtoField.uint8("convert.error.code", "Error Code", base.DEC, ERRORS),
  error_value = ProtoField.bytes("convert.error.value", "Value"),
  error_version = ProtoField.uint8("convert.error.version", "Supported Version"),
  error_echo = ProtoField.bytes("convert.error.echo", "Echo"),
  error_cookie = ProtoField.bytes("convert.error.cookie", "Cookie to come back with"),
  error_kind = ProtoField.uint8("convert.error.kind", "Unsupported Kind", base.DEC, KINDS),
  error_wait = ProtoField.uint8("convert.error.wait", "Wait in seconds", base.DEC, nil, nil, "0 is at least 30"),
  error_icmp_code = ProtoField.uint8("convert.error.icmp_code", "ICMP Code"),
}
convert.fields = f

local e = {
  malformed = ProtoExpert.new("convert.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR),
  forbidden = ProtoExpert.new("convert.forbidden", "Not allowed by RFC 8803", expert.group.PROTOCOL, expert.severity.WARN),
  unknown = ProtoExpert.new("convert.unknown", "Unknown to RFC 8803", expert.group.UNDECODED, expert.severity.WARN),
  refused = ProtoExpert.new("convert.refused", "Refused", expert.group.RESPONSE_CODE, expert.severity.NOTE),
  absent = ProtoExpert.new("convert.absent", "No Convert message here: a subflow that joined, or another protocol", expert.group.PROTOCOL, expert.severity.NOTE),
}
convert.experts = e

convert.prefs.ports = Pref.range("TCP ports", "8803", "Where concentrators listen; RFC 8803 assigns no port", 65535)

local tcp_stream = Field.new("tcp.stream")
local tcp_ports = DissectorTable.get("tcp.port")
local data = Dissector.get("data")

-- By tcp.stream: which requests were seen, which port Connect named, and by direction where the
-- messages ended and the byte stream began.
local streams = {}

function convert.init()
  streams = {}
end

local function is_ipv4(range)
  return range(0, 8):uint64() == UInt64(0) and range(8, 2):uint() == 0 and range(10, 2):uint() == 0xffff
end

-- RFC 8803 section 6.2.5: nobody is asked for multicast, broadcast or loopback.
local function is_no_peer(range)
  if is_ipv4(range) then
    local first = range(12, 1):uint()
    return first == 127 or (first >= 224 and first < 240) or range(12, 4):uint() == 0xffffffff
  end
  local loopback = range(0, 8):uint64() == UInt64(0) and range(8, 8):uint64() == UInt64(1)
  return range(0, 1):uint() == 0xff or loopback
end

-- A list of TCP options as in a TCP header; `from` a client, kinds 0 and 1 do not belong there.
local function add_options(range, tree, asked)
  local names = {}
  local at = 0
  while at < range:len() do
    local kind = range(at, 1):uint()
    local name = KINDS[kind] or ("Kind " .. kind)
    if kind == 0 then
      -- Zeros to the end are padding; one before an option is passed over.
      tree:add(f.padding, range(at, 1))
      at = at + 1
    elseif kind == 1 then
      local item = tree:add(f.option_kind, range(at, 1))
      if asked then item:add_proto_expert_info(e.forbidden, "No-Operation may not be asked for") end
      at = at + 1
    else
      local length = at + 1 < range:len() and range(at + 1, 1):uint() or 0
      if length < 2 or at + length > range:len() then
        tree:add(f.tlv_value, range(at)):add_proto_expert_info(e.malformed, name .. " has a length that cannot be")
        return names
      end
      local item = tree:add(convert, range(at, length), "TCP option: " .. name)
      item:add(f.option_kind, range(at, 1))
      item:add(f.option_length, range(at + 1, 1))
      if length > 2 then item:add(f.option_value, range(at + 2, length - 2)) end
      names[#names + 1] = name
      at = at + length
    end
  end
  return names
end

local function add_list(range, tree, field, names)
  local said = {}
  for at = 0, range:len() - 1 do
    local number = range(at, 1):uint()
    if number == 0 then
      tree:add(f.padding, range(at, 1))
    else
      tree:add(field, range(at, 1))
      said[#said + 1] = names and names[number] or tostring(number)
    end
  end
  return table.concat(said, ", ")
end

local add_message

local function add_error(range, tree, depth)
  local code = range(2, 1):uint()
  local name = ERRORS[code]
  tree:add(f.error_code, range(2, 1))
  tree:add_proto_expert_info(e.refused, name or ("Error " .. code))
  local value = range(3)
  local said = ""
  if code == 0 then
    said = "version " .. add_list(value, tree, f.error_version)
  elseif code == 1 or code == 2 then
    if value:len() > 1 then
      local echo = range(4)
      local item = tree:add(f.error_echo, echo)
      if depth < ECHO_DEPTH_MAX then
        local read = add_message(echo:tvb(), item, depth + 1)
        said = read and read.said or "an echo"
      end
    end
  elseif code == 3 then
    if value:len() > 1 then tree:add(f.error_cookie, range(4)) end
  elseif code == 33 then
    said = add_list(value, tree, f.error_kind, KINDS)
  elseif code == 64 or code == 65 then
    tree:add(f.error_wait, value(0, 1))
    said = value(0, 1):uint() .. " s"
  elseif code == 97 then
    tree:add(f.error_icmp_code, value(0, 1))
    said = "ICMP code " .. value(0, 1):uint()
  else
    tree:add(f.error_value, value)
    if name == nil then tree:add_proto_expert_info(e.unknown, "Error " .. code .. " is not defined") end
  end
  return "Error " .. (name or code) .. (said ~= "" and " (" .. said .. ")" or "")
end

-- One TLV, framed by its own length. Answers what it says in words.
local function add_tlv(range, tree, kind, depth)
  local body = range:len() > WORD and range(WORD) or nil
  if kind == 1 then
    tree:add(f.zero, range(2, 2))
    if body then
      tree:add(f.tlv_value, body):add_proto_expert_info(e.malformed, "Info has one word")
    end
    return "Info"
  elseif kind == 10 then
    tree:add(f.connect_port, range(2, 2))
    if body == nil or body:len() < 16 then
      tree:add_proto_expert_info(e.malformed, "Connect has five words at least")
      return "Connect"
    end
    local address = body(0, 16)
    local item = tree:add(f.connect_address, address)
    local peer
    if is_ipv4(address) then
      tree:add(f.connect_ipv4, body(12, 4))
      peer = tostring(body(12, 4):ipv4()) .. ":" .. range(2, 2):uint()
    else
      peer = "[" .. tostring(address:ipv6()) .. "]:" .. range(2, 2):uint()
    end
    if is_no_peer(address) then
      item:add_proto_expert_info(e.forbidden, "Nobody may be asked for multicast, broadcast or loopback")
    end
    if body:len() == 16 then return "Connect " .. peer end
    local asked = table.concat(add_options(body(16), tree, true), ", ")
    return "Connect " .. peer .. " with " .. (asked ~= "" and asked or "no option")
  elseif kind == 20 then
    tree:add(f.zero, range(2, 2))
    local options = body and table.concat(add_options(body, tree, false), ", ") or ""
    return "Extended TCP Header " .. options
  elseif kind == 21 then
    tree:add(f.zero, range(2, 2))
    return "Supported TCP Extensions " .. (body and add_list(body, tree, f.supported_kind, KINDS) or "")
  elseif kind == 22 then
    tree:add(f.zero, range(2, 2))
    if body then tree:add(f.cookie, body) end
    return "Cookie"
  elseif kind == 30 then
    return add_error(range, tree, depth)
  end
  if range:len() > 2 then tree:add(f.tlv_value, range(2)) end
  tree:add_proto_expert_info(e.unknown, "A TLV of type " .. kind .. " is not defined")
  return "TLV " .. kind
end

-- The message at the front of `tvb`, which holds it whole. Answers what it is made of; nil when it
-- has no length.
function add_message(tvb, tree, depth)
  if tvb:len() < WORD then
    tree:add(f.unread, tvb()):add_proto_expert_info(e.malformed, "Shorter than the header")
    return nil
  end
  local version = tree:add(f.version, tvb(0, 1))
  local total = tree:add(f.length, tvb(1, 1))
  local magic = tree:add(f.magic, tvb(2, 2))
  local words = tvb(1, 1):uint()
  local read = { bytes = words * WORD, types = {}, said = "" }
  if tvb(2, 2):uint() ~= MAGIC then
    magic:add_proto_expert_info(e.malformed, "The magic number is 0x2263")
    return nil
  end
  if words == 0 then
    total:add_proto_expert_info(e.malformed, "Of no length: the connection is to be reset")
    return nil
  end
  if tvb(0, 1):uint() ~= VERSION then
    version:add_proto_expert_info(e.unknown, "Version " .. tvb(0, 1):uint() .. " is not defined")
    read.said = "version " .. tvb(0, 1):uint()
    read.bytes = math.min(read.bytes, tvb:len())
    if read.bytes > WORD then tree:add(f.unread, tvb(WORD, read.bytes - WORD)) end
    return read
  end
  -- An echo may be cut.
  local stop = math.min(read.bytes, tvb:len())
  local said = {}
  local at = WORD
  while at + 1 < stop do
    local kind = tvb(at, 1):uint()
    local length = tvb(at + 1, 1):uint() * WORD
    local fits = length > 0 and at + length <= stop
    local range = tvb(at, fits and length or stop - at)
    local item = tree:add(convert, range, (TYPES[kind] or "TLV of type " .. kind))
    item:add(f.tlv_type, tvb(at, 1))
    item:add(f.tlv_length, tvb(at + 1, 1))
    if not fits then
      item:add(f.unread, range)
      item:add_proto_expert_info(e.malformed, length == 0 and "A TLV of no length" or "A TLV longer than its message")
      said[#said + 1] = "malformed"
      break
    end
    if read.types[kind] then
      item:add_proto_expert_info(e.forbidden, "A TLV may stand in a connection once")
    end
    read.types[kind] = true
    local words_of_it = add_tlv(range, item, kind, depth)
    item:set_text(words_of_it)
    said[#said + 1] = words_of_it
    if kind == 10 and length >= 20 then read.port = tvb(at + 2, 2):uint() end
    at = at + length
  end
  read.said = #said > 0 and table.concat(said, ", ") or "the header alone"
  return read
end

local function looks_like_convert(tvb)
  return tvb:len() >= WORD and tvb(2, 2):uint() == MAGIC
end

-- What a connection's direction is to us: { ended = frame, last = bytes } once its messages ended.
local function direction_of(pinfo)
  local number = tcp_stream().value
  local stream = streams[number] or { asked = {}, answered = 0 }
  streams[number] = stream
  local name = tostring(pinfo.src) .. " " .. pinfo.src_port
  stream[name] = stream[name] or {}
  return stream, stream[name]
end

-- Whether a message may begin here: before the direction's last one, or it is that one again.
local function may_begin(direction, tvb, frame)
  if direction.ended == nil or frame < direction.ended then return true end
  return frame == direction.ended and direction.last ~= nil
    and tvb:len() >= #direction.last / 2 and tvb(0, #direction.last / 2):bytes():tohex() == direction.last
end

-- Remember a message: a request with Connect is a direction's last, and so is its answer, or an error.
local function note(stream, direction, read, tvb, frame)
  if direction.ended ~= nil then return end
  local is_request = read.types[1] or read.types[10] or (read.types[22] and not read.types[30])
  local is_last
  if is_request then
    stream.asked[#stream.asked + 1] = read.types[10] or false
    is_last = read.types[10]
  else
    stream.answered = stream.answered + 1
    is_last = read.types[30] or stream.asked[stream.answered] ~= false
  end
  if read.port then stream.port = read.port end
  if is_last then
    direction.ended = frame
    direction.last = tvb(0, math.min(read.bytes, tvb:len())):bytes():tohex()
  end
end

-- What is behind the messages, as the server's port speaks it.
local function hand_on(stream, tvb, at, pinfo, root)
  local rest = at == 0 and tvb or tvb(at):tvb()
  local inner = stream.port and tcp_ports:get_dissector(stream.port)
  if inner == nil or tostring(inner) == "convert" then
    data:call(rest, pinfo, root)
    return
  end
  -- Wireshark lets only TCP's direct client ask for more segments, and takes one off at each call.
  local may_ask = pinfo.can_desegment
  if may_ask > 0 then pinfo.can_desegment = 2 end
  inner:call(rest, pinfo, root)
  pinfo.can_desegment = may_ask
  -- It counts from its own first byte; whoever called us counts from ours.
  if pinfo.desegment_len ~= 0 then pinfo.desegment_offset = pinfo.desegment_offset + at end
end

function convert.dissector(tvb, pinfo, root)
  local stream, direction = direction_of(pinfo)
  local frame = pinfo.number
  local at = 0
  while at < tvb:len() and may_begin(direction, tvb(at):tvb(), frame) do
    local here = tvb(at):tvb()
    local length = here:len() >= WORD and here(1, 1):uint() * WORD or nil
    local begins = length == nil or looks_like_convert(here)
    local whole = length ~= nil and math.max(length, WORD) <= here:len()
    if begins and not whole and (length == nil or here(0, 1):uint() == VERSION) and pinfo.can_desegment > 0 then
      pinfo.desegment_offset = at
      pinfo.desegment_len = length == nil and DESEGMENT_ONE_MORE_SEGMENT or length - here:len()
      return at + here:len()
    end
    if not begins then
      if direction.ended == nil then direction.ended = frame end
      local item = root:add(convert, here())
      item:add_proto_expert_info(e.absent)
      break
    end
    pinfo.cols.protocol = "Convert"
    local tree = root:add(convert, here(0, math.min(math.max(length or 0, WORD), here:len())))
    local read = add_message(here, tree, 0)
    if read == nil then
      if direction.ended == nil then direction.ended = frame end
      pinfo.cols.info = "Convert: malformed"
      at = at + math.min(WORD, here:len())
      break
    end
    tree:append_text(": " .. read.said)
    pinfo.cols.info = "Convert: " .. read.said .. " "
    pinfo.cols.info:fence()
    note(stream, direction, read, here, frame)
    at = at + math.min(read.bytes, here:len())
  end
  if at < tvb:len() then hand_on(stream, tvb, at, pinfo, root) end
  return tvb:len()
end

-- A connection on any port that begins as only Convert does: magic, version, a known first TLV.
local function guess(tvb, pinfo, root)
  if not looks_like_convert(tvb) or tvb(0, 1):uint() ~= VERSION or tvb(1, 1):uint() == 0 then return false end
  if tvb(1, 1):uint() > 1 then
    if tvb:len() < WORD + 2 or TYPES[tvb(WORD, 1):uint()] == nil or tvb(WORD + 1, 1):uint() == 0 then return false end
  end
  pinfo.conversation = convert
  convert.dissector(tvb, pinfo, root)
  return true
end

convert:register_heuristic("tcp", guess)

local listening = convert.prefs.ports
tcp_ports:add(listening, convert)

function convert.prefs_changed()
  if listening == convert.prefs.ports then return end
  tcp_ports:remove(listening, convert)
  listening = convert.prefs.ports
  tcp_ports:add(listening, convert)
end
