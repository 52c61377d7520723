"""
The words that a transcript may show: those of which APIs, error messages and names of fields are made.

What is not among them may be anybody's name. A word that is missing here costs a reader of a transcript a word; one
that is here too many is still no name, no id and no amount.
"""

from __future__ import annotations

import re

__all__ = ["VOCABULARY", "words_of"]

COMPOUND = re.compile(r"[A-Za-z]+(?:[ _-][A-Za-z]+)*", re.ASCII)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", re.ASCII)


def words_of(text: str) -> list[str] | None:
    """
    Return the words of a name such as ``stopPrice`` or ``NOT_FOUND_ORDER`` in small letters; None for other texts.

    A text with a digit or a letter that is not ASCII is no such name.
    """
    return [word.lower() for word in WORD.findall(text)] if COMPOUND.fullmatch(text) else None


WORDS = """
a accept accepted access account accounts action activated active address after again age agg aggregate ago all
allow allowed already also always amm amount amounts an and another any api apikey app are as ask asks asset
assets at attempt auth authentication authorization authorized available average avg bad balance balances ban
banned base batch be because been before below best between bid bids bips blocked body book borrow both broker
busy but buy buyer by cache cached call calls can cancel cancelable canceled canceling cancellation cancelled
cancelling cannot cash category channel check child chunked class client close closed code codes coin coins
commission complete completed condition conditional config confirm confirmed conflict connection contact content
control correct cost could count create created currencies currency cursor daily data date day days deal debt
decimal decimals default delay delete deleted delisted denied deposit deposits depth detail details did digits
direction disabled display displaying do does done down duplicate duplicated each eddsa edge empty enable
enabled end ended endpoint enough entrust entry equal err error errors event exceed exceeded exceeds exchange
excluded exec executed execution exist existed existing exists expect expected expiration expire expired expires
expiry extra fail failed failure false fee fees few field fields fill filled fills filter filters final finished
first fok for forbidden force form format found free freeze from frozen full funding funds future futures
gateway get global good granted great greater group gtc gtd gtt had has hash have header headers held help
hidden high history hour hours http https iceberg id identity ids if illegal immediate in inactive index info
initial input insufficient integer internal interval invalid ioc ip ips is isolated it item items its json keep
key keys kind known last later leaves left less level levels leverage like limit limited limits liquidity list
listed lists live loan lock locked login long loss lot low maintain maintenance make maker malformed many margin
mark market markets match matched matching max maxage maximum may memo message messages meta metadata method
milliseconds min minimum minus minute minutes miss missing mode more most msg multiple must na name names need
needed nested new newest next no node nonce none normal not note nothing notification notional now null num
number object oco of off offset ok old older oldest on once one only open opened operation option options or
order orders origin original other out outcome outcomes over owner page pages pair pairs paper param parameter
parameters params parent partial partially parts password path pause paused payload pending per percent
percentage period permission permissions permitted perpetual place placed please plus point policy pool poor
position positions post precision prefix price prices private processed processing product profit protected
provided public purpose qty quantity query queue quota quote range rate ratelimit rates ratio reached read
reading reason received record records recv reduce refuse refused region reject rejected relabeling remain
remaining remark replace replaced request requested requests require required requires reset resource response
rest result resulted results retry return revoked right rights role route row rows rule rules same scale search
second seconds secret security see sell seller sent seq sequence server service session settings settle settled
share short should show shown side sign signature signed since size sl slippage small soon source spot stake
start started state states statistics status step stop stopped storage store strategies strategy string sub
submit submitted subscription success successful successfully such suspended symbol symbols system taker target
temporarily tested text than that the then there this throttled tick tier time timeout times timestamp to today
token tokens too total totals tp trace trade traded trader trades trading traditional trailing transaction
transfer trigger triggered true try twice type types unable unauthorized unavailable under unit units unknown
unlisted unsupported until up update updated url usable usage use used user users valid validity value values
venue verified verify version via view vip volume volumes wait waiting wallet was we weight were when whether
which while white whitelist whitelisted will window with withdraw withdrawal withdrawals within without word
wrong yes yesterday you your zero zone

ada bitopro bnb btc busd dai doge dot eth eur lrc ltc loopring nami nao sol trx twd usd usdc usdt vndc vnst xrp
"""
VOCABULARY = frozenset(WORDS.split())
