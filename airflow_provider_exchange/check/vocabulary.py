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
a accept accepted access account accounts acknowledged action activated active address after again age agg
aggregate ago all allow allowed already also always amend amended amm amount amounts an and another any anything
api apikey app are argument arguments as ascii ask asks asset assets at attempt attributes auth authentication
authorization authorized available average avg bad balance balances ban banned base batch be because been before
below best between bid bids big bips bito blank blanks blocked body book bool borrow both broker busy but buy
buyer by bytes cache cached cal call calls can cancel cancelable canceled canceling cancellation cancelled
cancelling cancels cannot cash category certificate channel characters check child chunked class client clock
close closed code codes coin coins commission complete completed condition conditional config confirm
confirmation confirmed conflict connection contact content contract contracts control correct cost could count
countries country create created cross crossed currencies currency current cursor daily data date day days dead
deal debt debug decimal decimals default delay delete deleted delisted denied deposit deposits depth detail
details did digits direction disabled display displaying do does done down dsa duplicate duplicated each ed
eddsa edge empty enable enabled end ended endpoint enough enter entity entrust entry equal err error errors
event exceed exceeded exceeds exchange excluded exec executed execution exist existed existing exists expect
expected expiration expire expired expires expiry extra fail failed failure false fee fees few field fields fill
filled fills filter filters final finished first fok for forbidden force form format found free freeze from
frozen full funding funds future futures gateway get global good granted great greater group gtc gtd gtt had
halt halted has hash have head header headers held help hex hidden hide hides high higher history host hour
hours http https iceberg id idempotent identity ids if ignore ignored illegal immediate in inactive incorrect
index info information initial input instead insufficient int integer internal internet interval invalid ioc ip
ips is isolated it item items its json keep key keys kind know known knows last later leaves left less level
levels leverage leveraged like limit limited limits liquidity list listed listing lists live loan lock locked
login long loss lot low lower maintain maintenance make maker malformed many margin market markets match matched
matching max maxage maximum may memo message messages meta metadata method milliseconds min minimal minimum
minus minute minutes miss missing mode modified modify more most ms msg much multiple must na name names need
needed neither nested never new newest next no node nonce none nor normal not note nothing notification notional
now null num number object oco of off offset ok old older oldest on once one only open opened operation option
options or order orderbook orders origin original other out outcome outcomes outside over owner page pages pair
pairs paper param parameter parameters params parent partial partially parts password path pause paused payload
pending per percent percentage period permission permissions permitted perpetual place placed plain please plus
point policy pool poor port position positions positive post precision prefix price prices pricing private
processed processing product profit protected provided proxy public purpose put qty quantity query queue quota
quote range rate ratelimit rates ratio reached reaches read reading reason received record recorded records recv
reduce refuse refused region reject rejected relabeling remain remaining remark repeated replace replaced
request requested requests require required requires reset resource response rest restrict restricted result
resulted results resume resumed retry return revoked right rights risk role route row rows rule rules same scale
schema search second seconds secret security see seen self sell seller sent seq sequence server service services
session set setting settings settle settled several share short should show shown side sign signature signed
signing since size skew sl slippage small soon source spot stake start started state states statistics status
step stop stoplimit stopped storage store strategies strategy string sub submit submitted subscription success
successful successfully such support supported suspend suspended symbol symbols system taker target temporarily
test tested text than that the then there this those threshold throttled tick tier time timed timeout times
timestamp to today token tokens too total totals tp trace tradable trade traded trader trades trading
traditional trailing transaction transfer trigger triggered triggering true truncated try ttl twice type types
unable unauthorized unavailable undefined under unfilled unique unit units unknown unlisted unprocessable
unreadable unsupported until up update updated url usable usage use used user users valid validity value values
venue verified verify version via view violation vip volume volumes wait waiting wallet was way we weight were
when whether which while white whitelist whitelisted whole will window with withdraw withdrawal withdrawals
within without word would wrong yes yesterday you your zero zone

ada bitopro bnb btc busd dai doge dot eth eur lrc ltc loopring nami nao sol trx twd usd usdc usdt vndc vnst xrp
"""
VOCABULARY = frozenset(WORDS.split())
