/**
 * A program for awk that all shells have in single quotes, so there is none in it, and no doubled backslash. It reads desktop entries, the
 * folders that count first before the others, and prints the ids of those that are asked for in $RINGFENCE_SHOW: "available", "enabled",
 * or the actions of the first app that $RINGFENCE_LINE names ("action"). $RINGFENCE_FOLDERS are the data folders, with colons.
 */
export const entriesScript = `
function list(text, found,   parts, count, part) {
  count = split(text, parts, ";")
  for (part = 1; part <= count; part++) if (parts[part] != "") found[parts[part]] = 1
}
function shown(   desktops, count, desktop, wanted, unwanted) {
  if (hidden || type != "Application") return 0
  count = split(ENVIRON["XDG_CURRENT_DESKTOP"], desktops, ":")
  if (count == 0) return 1
  list(only, wanted)
  list(never, unwanted)
  for (desktop = 1; desktop <= count; desktop++) {
    if (desktops[desktop] in wanted) return 1
    if (desktops[desktop] in unwanted) return 0
  }
  return only == "-"
}
function finish(   parts, count, part) {
  if (id == "" || id in seen) return
  seen[id] = 1
  if (show == "enabled" && source) print id
  if (show == "available" && !source && shown()) print id
  if (show == "action" && index(" " ENVIRON["RINGFENCE_LINE"] " ", " " id " ")) {
    count = split(actions, parts, ";")
    for (part = 1; part <= count; part++) if (parts[part] != "" && parts[part] !~ /^ringfence-(strict|window)$/) print parts[part]
  }
}
function value() { sub(/^[^=]*=[ \\t]*/, ""); sub(/[ \\t\\r]*$/, ""); return $0 }
BEGIN { show = ENVIRON["RINGFENCE_SHOW"]; folders = split(ENVIRON["RINGFENCE_FOLDERS"], folder, ":") }
FNR == 1 {
  finish()
  id = FILENAME
  for (one = 1; one <= folders; one++) {
    start = folder[one] "/applications/"
    if (index(FILENAME, start) == 1) { id = substr(FILENAME, length(start) + 1); break }
  }
  gsub("/", "-", id)
  sub(/[.]desktop$/, "", id)
  main = hidden = source = 0
  type = actions = never = ""
  only = "-"
}
/^\\[/ { main = index($0, "[Desktop Entry]") == 1 }
!main { next }
/^(NoDisplay|Hidden)[ \\t]*=[ \\t]*true/ { hidden = 1 }
/^Type[ \\t]*=/ { type = value() }
/^OnlyShowIn[ \\t]*=/ { only = value() }
/^NotShowIn[ \\t]*=/ { never = value() }
/^Actions[ \\t]*=/ { actions = value() }
/^X-Ringfence-Source[ \\t]*=/ { source = 1 }
END { finish() }
`;
