/**
 * The name databases of a Debian 13 machine (netbase's /etc/services, /etc/protocols, /etc/ethertypes; base-passwd's users and
 * groups), as facts: `name[,alias…]:number[/protocol]`, in the order of the files.
 */
export const SERVICES =
  'tcpmux:1/tcp;echo:7/tcp;echo:7/udp;discard,sink,null:9/tcp;discard,sink,null:9/udp;systat,users:11/tcp;daytime:13/tcp;daytime:13/udp;netstat:15/tcp;qotd,quote:17/tcp' +
  ';chargen,ttytst,source:19/tcp;chargen,ttytst,source:19/udp;ftp-data:20/tcp;ftp:21/tcp;fsp,fspd:21/udp;ssh:22/tcp;telnet:23/tcp;smtp,mail:25/tcp;time,timserver:37/tcp' +
  ';time,timserver:37/udp;whois,nicname:43/tcp;tacacs:49/tcp;tacacs:49/udp;domain:53/tcp;domain:53/udp;bootps:67/udp;bootpc:68/udp;tftp:69/udp;gopher:70/tcp;finger:79/tcp' +
  ';http,www:80/tcp;kerberos,kerberos5,krb5,kerberos-sec:88/tcp;kerberos,kerberos5,krb5,kerberos-sec:88/udp;iso-tsap,tsap:102/tcp;acr-nema,dicom:104/tcp;pop3,pop-3:110/tcp' +
  ';sunrpc,portmapper:111/tcp;sunrpc,portmapper:111/udp;auth,authentication,tap,ident:113/tcp;nntp,readnews,untp:119/tcp;ntp:123/udp;epmap,loc-srv:135/tcp;netbios-ns:137/udp' +
  ';netbios-dgm:138/udp;netbios-ssn:139/tcp;imap2,imap:143/tcp;snmp:161/tcp;snmp:161/udp;snmp-trap,snmptrap:162/tcp;snmp-trap,snmptrap:162/udp;cmip-man:163/tcp' +
  ';cmip-man:163/udp;cmip-agent:164/tcp;cmip-agent:164/udp;mailq:174/tcp;xdmcp:177/udp;bgp:179/tcp;smux:199/tcp;qmtp:209/tcp;z3950,wais:210/tcp;ipx:213/udp;ptp-event:319/udp' +
  ';ptp-general:320/udp;pawserv:345/tcp;zserv:346/tcp;rpc2portmap:369/tcp;rpc2portmap:369/udp;codaauth2:370/tcp;codaauth2:370/udp;clearcase,Clearcase:371/udp;ldap:389/tcp' +
  ';ldap:389/udp;svrloc:427/tcp;svrloc:427/udp;https:443/tcp;https:443/udp;snpp:444/tcp;microsoft-ds:445/tcp;kpasswd:464/tcp;kpasswd:464/udp' +
  ';submissions,ssmtp,smtps,urd:465/tcp;saft:487/tcp;isakmp:500/udp;rtsp:554/tcp;rtsp:554/udp;nqs:607/tcp;asf-rmcp:623/udp;qmqp:628/tcp;ipp:631/tcp;ldp:646/tcp;ldp:646/udp' +
  ';exec:512/tcp;biff,comsat:512/udp;login:513/tcp;who,whod:513/udp;shell,cmd,syslog:514/tcp;syslog:514/udp;printer,spooler:515/tcp;talk:517/udp;ntalk:518/udp' +
  ';route,router,routed:520/udp;gdomap:538/tcp;gdomap:538/udp;uucp,uucpd:540/tcp;klogin:543/tcp;kshell,krcmd:544/tcp;dhcpv6-client:546/udp;dhcpv6-server:547/udp' +
  ';afpovertcp:548/tcp;nntps,snntp:563/tcp;submission:587/tcp;ldaps:636/tcp;ldaps:636/udp;tinc:655/tcp;tinc:655/udp;silc:706/tcp;kerberos-adm:749/tcp;domain-s:853/tcp' +
  ';domain-s:853/udp;rsync:873/tcp;ftps-data:989/tcp;ftps:990/tcp;telnets:992/tcp;imaps:993/tcp;pop3s:995/tcp;socks:1080/tcp;proofd:1093/tcp;rootd:1094/tcp;openvpn:1194/tcp' +
  ';openvpn:1194/udp;rmiregistry:1099/tcp;lotusnote,lotusnotes:1352/tcp;ms-sql-s:1433/tcp;ms-sql-m:1434/udp;ingreslock:1524/tcp;datametrics,old-radius:1645/tcp' +
  ';datametrics,old-radius:1645/udp;sa-msg-port,old-radacct:1646/tcp;sa-msg-port,old-radacct:1646/udp;kermit:1649/tcp;groupwise:1677/tcp;l2f,l2tp:1701/udp;radius:1812/tcp' +
  ';radius:1812/udp;radius-acct,radacct:1813/tcp;radius-acct,radacct:1813/udp;cisco-sccp:2000/tcp;nfs:2049/tcp;nfs:2049/udp;gnunet:2086/tcp;gnunet:2086/udp' +
  ';rtcm-sc104:2101/tcp;rtcm-sc104:2101/udp;gsigatekeeper:2119/tcp;gris:2135/tcp;cvspserver:2401/tcp;venus:2430/tcp;venus:2430/udp;venus-se:2431/tcp;venus-se:2431/udp' +
  ';codasrv:2432/tcp;codasrv:2432/udp;codasrv-se:2433/tcp;codasrv-se:2433/udp;mon:2583/tcp;mon:2583/udp;dict:2628/tcp;f5-globalsite:2792/tcp;gsiftp:2811/tcp;gpsd:2947/tcp' +
  ';gds-db,gds_db:3050/tcp;icpv2,icp:3130/udp;isns:3205/tcp;isns:3205/udp;iscsi-target:3260/tcp;mysql:3306/tcp;ms-wbt-server:3389/tcp;nut:3493/tcp;nut:3493/udp' +
  ';distcc:3632/tcp;daap:3689/tcp;svn,subversion:3690/tcp;suucp:4031/tcp;sysrqd:4094/tcp;sieve:4190/tcp;epmd:4369/tcp;remctl:4373/tcp;f5-iquery:4353/tcp;ntske:4460/tcp' +
  ';ipsec-nat-t:4500/udp;iax:4569/udp;mtn:4691/tcp;radmin-port:4899/tcp;sip:5060/tcp;sip:5060/udp;sip-tls:5061/tcp;sip-tls:5061/udp;xmpp-client,jabber-client:5222/tcp' +
  ';xmpp-server,jabber-server:5269/tcp;cfengine:5308/tcp;mdns:5353/udp;postgresql,postgres:5432/tcp;freeciv,rptp:5556/tcp;amqps:5671/tcp;amqp:5672/tcp;amqp:5672/sctp' +
  ';coap:5683/tcp;coap:5683/udp;coaps:5684/tcp;coaps:5684/udp;x11,x11-0:6000/tcp;x11-1:6001/tcp;x11-2:6002/tcp;x11-3:6003/tcp;x11-4:6004/tcp;x11-5:6005/tcp;x11-6:6006/tcp' +
  ';x11-7:6007/tcp;gnutella-svc:6346/tcp;gnutella-svc:6346/udp;gnutella-rtr:6347/tcp;gnutella-rtr:6347/udp;redis:6379/tcp;sge-qmaster,sge_qmaster:6444/tcp' +
  ';sge-execd,sge_execd:6445/tcp;mysql-proxy:6446/tcp;babel:6696/udp;ircs-u:6697/tcp;bbs:7000/tcp;afs3-fileserver:7000/udp;afs3-callback:7001/udp;afs3-prserver:7002/udp' +
  ';afs3-vlserver:7003/udp;afs3-kaserver:7004/udp;afs3-volser:7005/udp;afs3-bos:7007/udp;afs3-update:7008/udp;afs3-rmtsys:7009/udp;font-service,xfs:7100/tcp' +
  ';http-alt,webcache:8080/tcp;puppet:8140/tcp;bacula-dir:9101/tcp;bacula-fd:9102/tcp;bacula-sd:9103/tcp;xmms2:9667/tcp;nbd:10809/tcp;zabbix-agent:10050/tcp' +
  ';zabbix-trapper:10051/tcp;amanda:10080/tcp;dicom:11112/tcp;hkp:11371/tcp;db-lsp:17500/tcp;dcap:22125/tcp;gsidcap:22128/tcp;wnn6:22273/tcp;rtmp:1/ddp;nbp:2/ddp;echo:4/ddp' +
  ';zip:6/ddp;kerberos4,kerberos-iv,kdc:750/udp;kerberos4,kerberos-iv,kdc:750/tcp;kerberos-master,kerberos_master:751/udp;kerberos-master:751/tcp' +
  ';passwd-server,passwd_server:752/udp;krb-prop,krb_prop,krb5_prop,hprop:754/tcp;zephyr-srv:2102/udp;zephyr-clt:2103/udp;zephyr-hm:2104/udp;iprop:2121/tcp;supfilesrv:871/tcp' +
  ';supfiledbg:1127/tcp;poppassd:106/tcp;moira-db,moira_db:775/tcp;moira-update,moira_update:777/tcp;moira-ureg,moira_ureg:779/udp;spamd:783/tcp;skkserv:1178/tcp' +
  ';predict:1210/udp;rmtcfg:1236/tcp;xtel:1313/tcp;xtelw:1314/tcp;zebrasrv:2600/tcp;zebra:2601/tcp;ripd:2602/tcp;ripngd:2603/tcp;ospfd:2604/tcp;bgpd:2605/tcp;ospf6d:2606/tcp' +
  ';ospfapi:2607/tcp;isisd:2608/tcp;fax:4557/tcp;hylafax:4559/tcp;munin,lrrd:4949/tcp;rplay:5555/udp;nrpe:5666/tcp;nsca:5667/tcp;canna:5680/tcp;syslog-tls:6514/tcp' +
  ';sane-port,sane,saned:6566/tcp;ircd:6667/tcp;zope-ftp:8021/tcp;tproxy:8081/tcp;omniorb:8088/tcp;clc-build-daemon:8990/tcp;xinetd:9098/tcp;git:9418/tcp;zope:9673/tcp' +
  ';webmin:10000/tcp;kamanda:10081/tcp;amandaidx:10082/tcp;amidxtape:10083/tcp;sgi-cmsd:17001/udp;sgi-crsd:17002/udp;sgi-gcd:17003/udp;sgi-cad:17004/tcp;binkp:24554/tcp' +
  ';asp:27374/tcp;asp:27374/udp;csync2:30865/tcp;dircproxy:57000/tcp;tfido:60177/tcp;fido:60179/tcp';

export const PROTOCOLS =
  'ip,IP:0;hopopt,HOPOPT:0;icmp,ICMP:1;igmp,IGMP:2;ggp,GGP:3;ipencap,IP-ENCAP:4;st,ST:5;tcp,TCP:6;egp,EGP:8;igp,IGP:9;pup,PUP:12;udp,UDP:17;hmp,HMP:20;xns-idp,XNS-IDP:22' +
  ';rdp,RDP:27;iso-tp4,ISO-TP4:29;dccp,DCCP:33;xtp,XTP:36;ddp,DDP:37;idpr-cmtp,IDPR-CMTP:38;ipv6,IPv6:41;ipv6-route,IPv6-Route:43;ipv6-frag,IPv6-Frag:44;idrp,IDRP:45' +
  ';rsvp,RSVP:46;gre,GRE:47;esp,IPSEC-ESP:50;ah,IPSEC-AH:51;skip,SKIP:57;ipv6-icmp,IPv6-ICMP:58;ipv6-nonxt,IPv6-NoNxt:59;ipv6-opts,IPv6-Opts:60;rspf,RSPF,CPHB:73;vmtp,VMTP:81' +
  ';eigrp,EIGRP:88;ospf,OSPFIGP:89;ax.25,AX.25:93;ipip,IPIP:94;etherip,ETHERIP:97;encap,ENCAP:98;pim,PIM:103;ipcomp,IPCOMP:108;vrrp,VRRP:112;l2tp,L2TP:115;isis,ISIS:124' +
  ';sctp,SCTP:132;fc,FC:133;mobility-header,Mobility-Header:135;udplite,UDPLite:136;mpls-in-ip,MPLS-in-IP:137;manet:138;hip,HIP:139;shim6,Shim6:140;wesp,WESP:141' +
  ';rohc,ROHC:142;ethernet,Ethernet:143;mptcp,MPTCP:262';

export const ETHERTYPES =
  'IPv4,ip,ip4:2048;X25:2053;ARP,ether-arp:2054;FR_ARP:2056;BPQ:2303;TRILL:8947;L2-IS-IS:8948;TEB:25944;RAW_FR:25945;RARP:32821;ATALK:32923;AARP:33011' +
  ';802_1Q,8021q,1q,802.1q,dot1q:33024;IPX:33079;NetBEUI:33169;IPv6,ip6:34525;SLOW:34825;PPP:34827;MPLS:34887;MPLS_MULTI:34888;ATMMPOA:34892;PPP_DISC:34915;PPP_SES:34916' +
  ';ATMFATE:34948;EAPOL:34958;EtherCAT:34980;S-TAG:34984;EAP_PREAUTH:35015;LLDP:35020;MACSEC:35045;PBB,macinmac:35047;MVRP:35061;PTP:35063;FCOE:35078;FIP:35092;ROCE:35093' +
  ';LoWPAN:41197';

export const USERS = 'root:0;daemon:1;bin:2;sys:3;sync:4;games:5;man:6;lp:7;mail:8;news:9;uucp:10;proxy:13;www-data:33;backup:34;list:38;irc:39;_apt:42;nobody:65534';

export const GROUPS =
  'root:0;daemon:1;bin:2;sys:3;adm:4;tty:5;disk:6;lp:7;mail:8;news:9;uucp:10;man:12;proxy:13;kmem:15;dialout:20;fax:21;voice:22;cdrom:24;floppy:25;tape:26;sudo:27;audio:29' +
  ';dip:30;www-data:33;backup:34;operator:37;list:38;irc:39;src:40;shadow:42;utmp:43;video:44;sasl:45;plugdev:46;staff:50;games:60;users:100;nogroup:65534';
