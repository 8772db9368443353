import json, os, urllib.request

server, token = os.environ["CHAMPOLLION_SERVER"], os.environ["CHAMPOLLION_TOKEN"]
indexes, after, more = {}, "0", True
while more:  # Reading removes nothing.
    url, headers = f"{server}/v1/records?limit=1000&after={after}", {"Authorization": f"Bearer {token}"}
    page = json.load(urllib.request.urlopen(urllib.request.Request(url, headers=headers)))
    for record in (pulled["record"] for pulled in page["records"]):
        for one in record.get("decoded", {}).get("measurements", []):
            if one["quantity"] == "water.volume":  # By moment: what comes twice counts once.
                moment = one.get("measuredAt", record["receivedAt"])
                indexes.setdefault(record["device"]["devEui"], {})[moment] = one["value"]
    after, more = page["next"], page["more"]
for device, index in sorted(indexes.items()):
    last = {moment[:10]: index[moment] for moment in sorted(index)}  # The last of a day stays.
    for before, day in zip(list(last), list(last)[1:]):
        print(device, day, round(last[day] - last[before], 3), "m3")
