-- Marks of pcapcheck: the frames that show failures, as fields.
--   wireshark -X lua_script:wireshark.lua CAPTURE
--   tshark -X lua_script:wireshark.lua -r CAPTURE -Y pcapcheck -T fields -e frame.number -e pcapcheck.rule

local captures = CAPTURES

local pcapcheck = Proto("pcapcheck", "pcapcheck")
local rule = ProtoField.string("pcapcheck.rule", "Rule")
local verdict = ProtoField.string("pcapcheck.verdict", "Verdict")
local observed = ProtoField.string("pcapcheck.observed", "Observed")
pcapcheck.fields = { rule, verdict, observed }

local failed = ProtoExpert.new("pcapcheck.failed", "a rule failed here", expert.group.PROTOCOL, expert.severity.ERROR)
local warned = ProtoExpert.new("pcapcheck.warned", "a rule failed here, as a warning", expert.group.PROTOCOL, expert.severity.WARN)
pcapcheck.experts = { failed, warned }

-- The capture that is being read: none until its first frame was seen.
local current = nil

function pcapcheck.init()
  current = nil
end

function pcapcheck.dissector(buffer, pinfo, tree)
  if pinfo.number == 1 then
    for _, capture in ipairs(captures) do
      local begin = capture.seconds + capture.nanoseconds / 1e9
      -- Times come as floating point here: to a microsecond at best.
      if math.abs(pinfo.abs_ts - begin) < 1e-5 then
        current = capture
      end
    end
  end
  local marks = current and current.frames[pinfo.number]
  if not marks then
    return
  end
  for _, mark in ipairs(marks) do
    local shown = tree:add(pcapcheck)
    local is_error = mark[2] == "error"
    shown:add(rule, mark[1])
    shown:add(verdict, is_error and "fail" or "warn")
    shown:add(observed, mark[3])
    shown:set_text("pcapcheck: " .. mark[1])
    shown:add_proto_expert_info(is_error and failed or warned, mark[1] .. ": " .. mark[3])
  end
end

register_postdissector(pcapcheck)
