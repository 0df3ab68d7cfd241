"""Hosts that only forward to another address: what a short link leads to is not in the post."""

_HOSTS = """
    adf.ly amzn.to bit.do bit.ly bitly.com bl.ink buff.ly chilp.it clck.ru cli.gs cutt.ly dlvr.it fb.me
    flip.it geni.us goo.gl goo.su gg.gg han.gl hyperurl.co is.gd j.mp kutt.it lnkd.in
    ln.run n9.cl oe.cd ouo.io ow.ly qr.ae rb.gy rebrand.ly s.id shorte.st short.gy shorturl.asia
    shorturl.at shrtco.de smarturl.it snip.ly soo.gd spoo.me surl.li t.co t.ly t2m.io tiny.cc tinyurl.com
    tny.im tr.im trib.al tt.vg u.to urlz.fr v.gd v.ht vk.cc vo.la vu.fr wp.me x.co x.gd zpr.io
"""

SHORTENERS = frozenset(_HOSTS.split())
