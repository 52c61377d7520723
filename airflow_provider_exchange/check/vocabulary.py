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
agent b clearinghouse frontend historical oid sibling
a accept accepted access account accounts acct acknowledged action activated active actual address affiliate
after again age agg aggregate ago algo all allow allowed already also always amend amended amm amount amounts an
and another any anything api apikey app are argument arguments as ascii ask asks asset assets at attach attempt
attributes auth authentication authorization authorized auto avail available average avg bad bal balance
balances ban banned base batch be because been before below best between bid bids big bips bito blank blanks
block blocked body book bool borrow both broker brokered busy but buy buyer by bytes cache cached cal call
callback calls can cancel cancelable cancelation canceled canceling cancellation cancelled cancelling cancels
cannot cash category ccy certificate channel characters chase check child chunked cl class classic client clock
close closed code codes coin coins commission complete completed condition conditional config confirm confirmation
confirmed conflict connection contact content contract contracts control copy correct cost could count countries
country create created cross crossed cum cummulative currencies currency current cursor daily data date day days
dead deadline deal debt debug decimal decimals default delay delete deleted delisted denied deposit deposits
depth derivatives detail details did digits direction disabled display displaying do does done down dsa
duplicate duplicated each earn ed eddsa edge empty enable enabled end ended endpoint enough enter entity entrust
entry eq equal equity err error errors event exceed exceeded exceeds exchange excluded exec executed execution
exist existed existing exists expect expected expiration expire expired expires expiry ext extra fail failed
failure false fee fees few field fields fill filled fills filter filters final finished first fix fok for
forbidden force form format found fraction free freeze from frozen full funding funds future futures gateway general
get global good granted great greater group gtc gtd gtt had halt halted has hash have head header headers hedge held
help hex hidden hide hides high higher history host hour hours http https iceberg id idempotent identity ids idx
if ignore ignored illegal immediate in inactive incorrect index info information initial input instead
insufficient int integer internal internet interval invalid inverse inviter ioc ip ips is isolated it item items
its iv json keep key keys kind know known knows label last later leaves left less level levels lever leverage
leveraged like limit limited limits linear link linked liquidity list listed listing lists live loan lock locked
login long loss lot low lower lv main maint maintain maintenance make maker malformed many margin market markets
master match matched matching max maxage maximum may memo message messages meta metadata method mgn milliseconds
min minimal minimum minus minute minutes miss missing mkt mode modified modify more most move ms msg much
multiple must na name names nano need needed neither nested net never new newest next nft no node nonce none nor
normal not note nothing notification notional now null num number object oco of off offset ok old older oldest
on once one only open opened operation operations option options or ord order orderbook orders ords orig origin
original other out outcome outcomes outside over owner page pages pair pairs paper param parameter parameters
params parent partial partially parts password path pause paused payload pending per percent percentage period
perm permission permissions permits permitted perpetual place placed plain please plus pnl point policy pool
poor port portfolio pos position positions positive post precision prefix prevent prevention price prices
pricing private processed processing product profit protect protected provided proxy public purpose put px qty
quantity query queue quick quota quote range rate ratelimit rates ratio reached reaches read reading reason
rebate received record recorded records recv reduce refuse refused region reject rejected relabeling remain
remaining remark repeated replace replaced request requested requests require required requires reset resource
response rest restrict restricted result resulted results resume resumed ret retry return revoked right rights
risk role route row rows rsa rule rules s same scale schema search second seconds secret security see seen self
sell seller sent seq sequence server service services session set setting settings settle settled several share
short should show shown side sign signature signed signing since size skew sl slippage small smp soon sor source
spot spread stake start started state states statistics status step stop stoplimit stopped storage store stp
strategies strategy string sub submit submitted subscription success successful successfully such support
supported suspend suspended symbol symbols system sz tag take taker target temporarily test tested text tgt than
that the then there this those threshold throttled tick tier till time timed timeout times timestamp to today
token tokens tolerance too total totals tp tpsl trace tradable trade traded trader trades trading traditional
trailing transaction transfer trigger triggered triggering true truncated try ts ttl twice type types uid un
unable unauthorized unavailable undefined under unfilled unified unique unit units universal unknown unlisted
unprocessable unreadable unrealised unrealized unsupported until up update updated upl url usable usage usdm use
used user users uta val valid validity value values vanilla var venue verified verify version via view violation
vip vol volume volumes wait waiting wallet was way we weight were when whether which while white whitelist
whitelisted whole will window with withdraw withdrawal withdrawals within without word working would wrong yes
yesterday you your zero zone

ada binance bitopro bnb btc busd bybit dai doge dot eth eur loopring lrc ltc nami nao okx sol trx twd usd usdc
usdt vndc vnst xrp
"""
VOCABULARY = frozenset(WORDS.split())
