; Outpost's installer for Windows: for one user, without an administrator.
; packaging/nsis.py compiles it: makensis /DVERSION=… /DFOLDER=… /DICON=… /DOUT=… outpost.nsi

Unicode true
SetCompressor /SOLID lzma
RequestExecutionLevel user

!include "MUI2.nsh"
!include "x64.nsh"

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Outpost"
!define KIND "Outpost.Agent"

Name "Outpost"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Outpost"
InstallDirRegKey HKCU "Software\Outpost" "Folder"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Outpost"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Outpost installer"
VIAddVersionKey "LegalCopyright" "Apache License 2.0"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\outpost-desktop.exe"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Function .onInit
    ${IfNot} ${RunningX64}
        MessageBox MB_ICONSTOP "Outpost needs 64-bit Windows." /SD IDOK
        Abort
    ${EndIf}
FunctionEnd

Section "Outpost"
    ; What an older version left behind must not be loaded by this one. A running Outpost keeps its
    ; files open; then nothing is changed at all.
    ClearErrors
    ${If} ${FileExists} "$INSTDIR\outpost-desktop.exe"
        Delete "$INSTDIR\outpost-desktop.exe"
        ${If} ${Errors}
            MessageBox MB_ICONSTOP "Outpost is running. Close it and install again." /SD IDOK
            Abort "Outpost is running."
        ${EndIf}
        RMDir /r "$INSTDIR\_internal"
    ${EndIf}

    SetOutPath "$INSTDIR"
    File /r "${FOLDER}/*.*"
    WriteUninstaller "$INSTDIR\uninstall.exe"

    CreateShortcut "$SMPROGRAMS\Outpost.lnk" "$INSTDIR\outpost-desktop.exe"
    WriteRegStr HKCU "Software\Outpost" "Folder" "$INSTDIR"
    WriteRegStr HKCU "Software\Classes\.outpost-agent" "" "${KIND}"
    WriteRegStr HKCU "Software\Classes\${KIND}" "" "Outpost agent"
    WriteRegStr HKCU "Software\Classes\${KIND}\DefaultIcon" "" "$INSTDIR\outpost-desktop.exe,0"
    WriteRegStr HKCU "Software\Classes\${KIND}\shell\open\command" "" \
        '"$INSTDIR\outpost-desktop.exe" "%1"'

    WriteRegStr HKCU "${KEY}" "DisplayName" "Outpost"
    WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
    WriteRegStr HKCU "${KEY}" "DisplayIcon" "$INSTDIR\outpost-desktop.exe"
    WriteRegStr HKCU "${KEY}" "Publisher" "The Outpost project"
    WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
    WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKCU "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKCU "${KEY}" "NoModify" 1
    WriteRegDWORD HKCU "${KEY}" "NoRepair" 1
SectionEnd

; Removes the application and leaves the data folder, %LOCALAPPDATA%\outpost, alone.
Section "Uninstall"
    Delete "$SMPROGRAMS\Outpost.lnk"
    RMDir /r "$INSTDIR\_internal"
    Delete "$INSTDIR\outpost.exe"
    Delete "$INSTDIR\outpost-desktop.exe"
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    DeleteRegKey HKCU "${KEY}"
    DeleteRegKey HKCU "Software\Outpost"
    DeleteRegKey HKCU "Software\Classes\.outpost-agent"
    DeleteRegKey HKCU "Software\Classes\${KIND}"
SectionEnd
